"""Answers about feeds, and their reports."""

from pydantic import AwareDatetime

from shared.connectors.amazon.schema import Theirs


class CreatedDocument(Theirs):
    feed_document_id: str
    url: str


class CreatedFeed(Theirs):
    feed_id: str


class Feed(Theirs):
    feed_id: str
    processing_status: str
    created_time: AwareDatetime
    processing_end_time: AwareDatetime | None = None
    result_feed_document_id: str | None = None


class Feeds(Theirs):
    feeds: tuple[Feed, ...] = ()


class Document(Theirs):
    url: str
    compression_algorithm: str | None = None


class ReportIssue(Theirs):
    """Without a message id it is about the feed as a whole."""

    message_id: int | None = None
    sku: str = ""
    code: str = ""
    severity: str
    message: str = ""


class ReportSummary(Theirs):
    messages_accepted: int = 0


class Report(Theirs):
    issues: tuple[ReportIssue, ...] = ()
    summary: ReportSummary = ReportSummary.model_construct()


# Orders 2026-01-01
