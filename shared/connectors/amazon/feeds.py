"""Feeds: thousands of lines in one document, accepted at once and decided later, line by line.

A feed is only begun when its calls may be made at once, and asking about one never holds up other
work: what the usage plan does not let through now is asked later.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from urllib.parse import quote

from pydantic import ValidationError

from shared.connectors.amazon import feed_schema, jsontext, mapping, plans
from shared.connectors.amazon.api import Call, SellingPartnerApi, reader
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import InDoubtError, RejectedError, ThrottledError
from shared.frozen import frozen
from shared.kit.http import ANSWER_MAX_BYTES
from shared.model.ids import Facet
from shared.model.target import Outcome, Push, Verdict
from shared.ports import Clock

ROOT = "/feeds/2021-06-30"
KIND = "JSON_LISTINGS_FEED"
CONTENT_TYPE = "application/json; charset=UTF-8"
UNDECIDED = frozenset({"IN_QUEUE", "IN_PROGRESS"})
SKEW = timedelta(minutes=1)  # between Amazon's clock and ours
ASK_AGAIN = timedelta(minutes=5)
KEPT = 8  # decisions remembered


@frozen
class Decision:
    """What became of a feed: undecided until `look_at`, or refused by SKU and the rest is through.

    `whole` refuses every line of it.
    """

    look_at: datetime | None = None
    refused: Mapping[str, feed_schema.ReportIssue] = field(default_factory=dict)
    whole: feed_schema.ReportIssue | None = None

    def of(self, push: Push) -> Outcome | None:
        if self.look_at is not None:
            return Outcome(
                key=push.key,
                verdict=Verdict.ACCEPTED,
                message=f"feed {push.receipt} is undecided",
                receipt=push.receipt,
                look_at=self.look_at,
            )
        issue = self.whole or self.refused.get(push.key)
        if issue is None:
            return None
        return mapping.outcome(push.key, Verdict.REJECTED, issue.code or "invalid", issue.message)


@frozen
class FeedLines:
    """`settle` is how long Amazon takes to show what it says is through."""

    api: SellingPartnerApi
    settings: AmazonSettings
    currency: str
    clock: Clock
    settle: timedelta
    _decided: dict[str, Decision] = field(default_factory=dict)
    _ours: set[str] = field(default_factory=set)

    def ready(self) -> bool:
        return self.api.reserve(plans.CREATE_FEED_DOCUMENT, plans.CREATE_FEED)

    def submit(self, facet: Facet, batch: Sequence[Push]) -> list[Outcome]:
        """Send all lines in one feed; a line that makes no message is refused by itself."""
        refused: dict[str, Outcome] = {}
        messages: list[dict[str, object]] = []
        for push in batch:
            try:
                body = mapping.patches(facet, push, self.settings, self.currency, self.clock.now())
            except RejectedError as error:
                said = mapping.outcome(push.key, Verdict.REJECTED, error.code, str(error))
                refused[push.key] = said
                continue
            messages.append(mapping.message(len(messages) + 1, push.key, body))
        feed_id = self._create(mapping.feed(messages, self.settings)) if messages else ""
        look_at = self.clock.now() + timedelta(seconds=self.settings.feed_latency_seconds)
        return [refused.get(p.key) or _accepted(p.key, feed_id, look_at) for p in batch]

    def decided(self, pushes: Sequence[Push]) -> list[Outcome]:
        """Lines undecided or refused; those not mentioned are through."""
        found = {receipt: self._decision(receipt) for receipt in {p.receipt for p in pushes}}
        outcomes = (found[push.receipt].of(push) for push in pushes)
        return [outcome for outcome in outcomes if outcome is not None]

    def _create(self, document: Mapping[str, object]) -> str:
        body = {"contentType": CONTENT_TYPE}
        call = Call(plans.CREATE_FEED_DOCUMENT, "POST", f"{ROOT}/documents", body=body)
        place = self.api.call(call, feed_schema.CreatedDocument)
        self.api.upload(place.url, jsontext.dumps(document).encode(), CONTENT_TYPE)
        begun = self.clock.now()
        body_of_feed = {
            "feedType": KIND,
            "marketplaceIds": [self.settings.marketplace_id],
            "inputFeedDocumentId": place.feed_document_id,
        }
        call = Call(plans.CREATE_FEED, "POST", f"{ROOT}/feeds", body=body_of_feed)
        try:
            feed_id = self.api.call(call, feed_schema.CreatedFeed).feed_id
        except InDoubtError:
            feed_id = self._lost(begun)
        self._ours.add(feed_id)
        return feed_id

    def _lost(self, begun: datetime) -> str:
        """The feed whose answer was lost: the only one begun since that we did not know of."""
        since = (begun - SKEW).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"feedTypes": KIND, "createdSince": since, "pageSize": "100"}
        call = Call(plans.GET_FEEDS, "GET", f"{ROOT}/feeds", params)
        try:
            feeds = self.api.call(call, feed_schema.Feeds).feeds
        except ThrottledError as error:
            raise InDoubtError("a feed was begun, and which cannot be asked now") from error
        found = [feed.feed_id for feed in feeds if feed.feed_id not in self._ours]
        if len(found) != 1:
            raise InDoubtError(f"a feed may have been begun: {len(found)} are unknown to us")
        return found[0]

    def _decision(self, feed_id: str) -> Decision:
        known = self._decided.pop(feed_id, None)
        if known is None or (known.look_at is not None and known.look_at <= self.clock.now()):
            try:
                known = self._asked(feed_id)
            except ThrottledError as error:
                known = Decision(look_at=self.clock.now() + (error.after or ASK_AGAIN))
        while len(self._decided) >= KEPT:
            del self._decided[next(iter(self._decided))]
        self._decided[feed_id] = known
        return known

    def _asked(self, feed_id: str) -> Decision:
        """Fatal or cancelled, some, all or nothing may be through: what no report says is read."""
        path = f"{ROOT}/feeds/{quote(feed_id, safe='')}"
        feed = reader(self.api, feed_schema.Feed)(Call(plans.GET_FEED, "GET", path))
        if feed is None:
            return Decision()
        now = self.clock.now()
        if feed.processing_status in UNDECIDED:
            return Decision(look_at=now + ASK_AGAIN)
        shown_by = (feed.processing_end_time or now) + self.settle
        if now < shown_by:
            return Decision(look_at=shown_by)
        if feed.result_feed_document_id is None:
            return Decision()
        return _judged(self._report(feed.result_feed_document_id))

    def _report(self, document_id: str) -> feed_schema.Report | None:
        path = f"{ROOT}/documents/{quote(document_id, safe='')}"
        call = Call(plans.GET_FEED_DOCUMENT, "GET", path)
        document = reader(self.api, feed_schema.Document)(call)
        if document is None:
            return None
        content = self.api.download(document.url)
        if document.compression_algorithm == "GZIP":
            content = _unzipped(content)
        try:
            return feed_schema.Report.model_validate(jsontext.loads(content))
        except (ValidationError, ValueError):
            return None  # read back without it


def _judged(report: feed_schema.Report | None) -> Decision:
    if report is None:
        return Decision()
    errors = [issue for issue in report.issues if issue.severity == mapping.ERROR]
    whole = next((issue for issue in errors if issue.message_id is None), None)
    refused: dict[str, feed_schema.ReportIssue] = {}
    for issue in errors:
        refused.setdefault(issue.sku, issue)
    none_accepted = report.summary.messages_accepted == 0
    return Decision(refused=refused, whole=whole if none_accepted else None)


def _accepted(key: str, feed_id: str, look_at: datetime) -> Outcome:
    return Outcome(
        key=key,
        verdict=Verdict.ACCEPTED,
        message=f"feed {feed_id}",
        receipt=feed_id,
        look_at=look_at,
    )


def _unzipped(content: bytes) -> bytes:
    """Inflate a report, and never beyond the size of any answer."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(content, ANSWER_MAX_BYTES)
    except zlib.error:
        return b""
    return b"" if inflater.unconsumed_tail else plain
