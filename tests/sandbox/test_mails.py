"""`shelfwire mails`: the sandbox's SES takes our sender, and what it took is shown."""

from contextlib import nullcontext
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sandbox import mails
from sandbox.cli import Out
from shared.model.base import Json
from shared.model.notices import NoticeRules

RULES = NoticeRules.model_validate(
    {
        "sender": "shop@northwind.example",
        "configuration_set": "orders",
        "since": "2026-11-01T00:00:00Z",
        "channels": {"shop": ["shipped"]},
    }
)


class Ses:
    """Notes what it is called with; an AWS of nothing else."""

    def __init__(self) -> None:
        self.called: dict[str, dict[str, Any]] = {}

    def client(self, service: str) -> "Ses":
        assert service == "sesv2"
        return self

    def __getattr__(self, operation: str) -> Any:
        return lambda **said: self.called.update({operation: said})


def mail(at: str, subject: str) -> dict[str, Json]:
    return {
        "Timestamp": at,
        "To": ["jo@example.com"],
        "Source": RULES.sender,
        "Subject": subject,
        "BodyText": "Tracking: [JJD1]",
        "MessageId": "m1",
    }


ANSWER = {
    "messages": {
        "000000000000": [mail("2026-11-27T09:01", "second"), mail("2026-11-27T09:00", "first")]
    }
}


def test_what_is_mailed_from_is_verified_only_where_it_is_asked_for() -> None:
    ses: Any = Ses()
    mails.open_post(ses, None)
    assert ses.called == {}
    mails.open_post(ses, RULES)
    assert ses.called["create_email_identity"] == {"EmailIdentity": "northwind.example"}
    assert ses.called["put_account_details"]["ProductionAccessEnabled"] is True
    assert ses.called["create_configuration_set"] == {"ConfigurationSetName": "orders"}


def test_mails_are_shown_the_first_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox import world  # noqa: PLC0415

    class Here:
        class deployed:  # noqa: N801
            endpoint = "http://127.0.0.1:1"

    monkeypatch.setattr(world.World, "attached", lambda _: Here())
    monkeypatch.setattr(mails, "mailed", lambda _: mails.listed(ANSWER))
    app = typer.Typer()
    mails.register(app, lambda as_json: nullcontext(Out(as_json)))
    app.callback()(lambda: None)
    shown = CliRunner().invoke(app, ["mails"], env={"COLUMNS": "200"}).stdout
    assert shown.index("first") < shown.index("second")
    assert "jo@example.com" in shown
    assert "[JJD1]" in shown


def test_where_nobody_was_mailed_that_is_said() -> None:
    from rich.console import Console  # noqa: PLC0415

    console = Console(record=True)
    mails.show(console, mails.listed({"messages": {}}))
    assert "nobody was mailed" in console.export_text()
