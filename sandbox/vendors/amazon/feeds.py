"""Feeds 2021-06-30: documents uploaded, feeds processed one after another, a report per feed."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sandbox.vendors.amazon.answers import Refusal, demand, missing
from sandbox.vendors.amazon.listings import Catalogue
from sandbox.vendors.amazon.state import Document, Feed, Seller, instant
from shared.connectors.amazon import jsontext
from shared.model.base import Json

KIND = "JSON_LISTINGS_FEED"
MESSAGES_MAX = 25_000
BYTES_MAX = 10 * 1024 * 1024
MARKETPLACES_MAX = 25
URL_LIFE = timedelta(minutes=5)
DOCUMENT_LIFE = timedelta(days=2)

type Issue = dict[str, Json]


@dataclass(slots=True)
class Feeds:
    """`takes` is how long a feed is processed, however long it is."""

    seller: Seller
    catalogue: Catalogue
    now: Callable[[], datetime]
    takes: timedelta
    repeated_document: Literal["refused", "processed"]
    base_url: str
    tell: Callable[[Feed], None]
    fate: tuple[str, int | None] = ("DONE", None)

    def create_document(self, body: Mapping[str, Json]) -> Json:
        demand(body, "contentType", str)
        document = self._document()
        return {"feedDocumentId": document.document_id, "url": self._url(document)}

    def upload(self, document_id: str, content: bytes) -> None:
        document = self.seller.documents.get(document_id)
        if document is None or self.now() > document.created_at + URL_LIFE:
            raise Refusal("the address has expired", code="AccessDenied", status=403)
        document.content = content

    def download(self, document_id: str) -> bytes:
        document = self.seller.documents.get(document_id)
        if document is None or document.content is None:
            raise missing("document")
        return document.content

    def create(self, body: Mapping[str, Json]) -> Json:
        if demand(body, "feedType", str) != KIND:
            raise Refusal("feedType is not processed any more")
        marketplaces = demand(body, "marketplaceIds", list)
        if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= MARKETPLACES_MAX:
            raise Refusal("marketplaceIds: between 1 and 25")
        document = self.seller.documents.get(str(demand(body, "inputFeedDocumentId", str)))
        if document is None or document.content is None:
            raise Refusal("inputFeedDocumentId names no uploaded document")
        if self.now() > document.created_at + DOCUMENT_LIFE:
            raise Refusal("inputFeedDocumentId has expired")
        if document.used and self.repeated_document == "refused":
            raise Refusal("inputFeedDocumentId was submitted already")
        document.used = True
        feed_id = str(50_000_000 + self.seller.next())
        fate, through = self.fate
        self.fate = ("DONE", None)
        ends_at = self._begins() + self.takes
        feed = Feed(feed_id, KIND, document.document_id, self.now(), ends_at, fate, through)
        self.seller.feeds[feed_id] = feed
        return {"feedId": feed_id}

    def get(self, feed_id: str) -> Json:
        feed = self.seller.feeds.get(feed_id)
        if feed is None:
            raise missing(f"feed {feed_id}")
        return self._view(feed)

    def search(self, params: Mapping[str, str]) -> Json:
        if params.get("feedTypes") != KIND:
            raise Refusal("feedTypes or nextToken is required")
        since = params.get("createdSince")
        start = datetime.fromisoformat(since) if since else self.now()
        feeds = [
            feed for feed in self.seller.feeds.values() if not since or feed.created_at >= start
        ]
        return {"feeds": [self._view(feed) for feed in reversed(feeds)]}

    def document(self, document_id: str) -> Json:
        document = self.seller.documents.get(document_id)
        if document is None:
            raise missing("document")
        document.created_at = self.now()
        zipped: dict[str, Json] = {"compressionAlgorithm": "GZIP"} if document.gzip else {}
        return {"feedDocumentId": document_id, "url": self._url(document), **zipped}

    def work(self) -> None:
        """Process what has come to its end by now."""
        for feed in self.seller.feeds.values():
            if not feed.ended and feed.ends_at <= self.now():
                self._process(feed)

    def _process(self, feed: Feed) -> None:
        feed.ended = True
        content = self.seller.documents[feed.document_id].content or b""
        messages, whole = self._messages(content)
        if whole is not None and feed.fate == "DONE":
            feed.fate = "FATAL"
        issues: list[Issue] = []
        accepted = 0
        for i, message in enumerate(messages):
            if feed.fate != "DONE" and i >= (feed.through or 0):
                break
            problems = self._message(message, feed.ends_at)
            accepted += not problems
            issues += problems
        if whole is not None:
            issues = [whole]
        if feed.fate == "DONE" or whole is not None:
            feed.result_id = self._report(feed, issues, len(messages), accepted)
        self.tell(feed)

    def _messages(self, content: bytes) -> tuple[list[Mapping[str, Json]], Issue | None]:
        """The messages of a document, or what makes all of it unreadable."""
        try:
            parsed = jsontext.loads(content)
        except ValueError:
            parsed = None
        match parsed:
            case {"header": {"sellerId": seller, "version": "2.0"}, "messages": list(messages)}:
                ids = Counter(str(m.get("messageId")) for m in messages)
                fits = 1 <= len(messages) <= MESSAGES_MAX and len(content) <= BYTES_MAX
                if seller == self.seller.seller_id and fits and max(ids.values()) == 1:
                    return messages, None
            case _:
                pass
        return [], {"severity": "ERROR", "code": "4000003", "message": "The feed is not valid."}

    def _message(self, message: Mapping[str, Json], at: datetime) -> list[Issue]:
        sku = str(message.get("sku", ""))
        patches = message.get("patches")
        if message.get("operationType") != "PATCH" or not isinstance(patches, list):
            return [self._issue(message, "4000001", "only PATCH is simulated")]
        try:
            problems = self.catalogue.problems(sku, message)
        except Refusal as refusal:
            return [self._issue(message, refusal.code, str(refusal))]
        if problems:
            return [self._issue(message, str(p["code"]), str(p["message"])) for p in problems]
        changes: list[Mapping[str, Json]] = [p for p in patches if isinstance(p, dict)]
        self.catalogue.apply(sku, changes, at + self.catalogue.applies_after)
        return []

    def _issue(self, message: Mapping[str, Json], code: str, said: str) -> Issue:
        return {
            "messageId": message.get("messageId"),
            "sku": message.get("sku"),
            "code": code,
            "severity": "ERROR",
            "message": said,
        }

    def _report(self, feed: Feed, issues: list[Issue], count: int, accepted: int) -> str:
        report = {
            "header": {
                "sellerId": self.seller.seller_id,
                "version": "2.0",
                "feedId": feed.feed_id,
            },
            "issues": issues,
            "summary": {
                "errors": len(issues),
                "warnings": 0,
                "messagesProcessed": count,
                "messagesAccepted": accepted,
                "messagesInvalid": count - accepted,
            },
        }
        document = self._document()
        document.content = gzip.compress(json.dumps(report).encode(), mtime=0)
        document.gzip = True
        return document.document_id

    def _document(self) -> Document:
        document = Document(f"amzn1.tortuga.{self.seller.next():08}", self.now())
        self.seller.documents[document.document_id] = document
        return document

    def _url(self, document: Document) -> str:
        return f"{self.base_url}/_documents/{document.document_id}"

    def _begins(self) -> datetime:
        """Feeds of one seller are processed one after another."""
        return max([self.now(), *(feed.ends_at for feed in self.seller.feeds.values())])

    def _view(self, feed: Feed) -> Json:
        status = feed.fate
        if not feed.ended:
            begun = self.now() >= feed.ends_at - self.takes / 2
            status = "IN_PROGRESS" if begun else "IN_QUEUE"
        ended: dict[str, Json] = {"processingEndTime": instant(feed.ends_at)} if feed.ended else {}
        result: dict[str, Json] = {"resultFeedDocumentId": feed.result_id} if feed.result_id else {}
        return {
            "feedId": feed.feed_id,
            "feedType": feed.kind,
            "marketplaceIds": [self.seller.marketplace_id],
            "createdTime": instant(feed.created_at),
            "processingStatus": status,
            **ended,
            **result,
        }
