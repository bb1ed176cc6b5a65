"""The post of the sandbox: what its SES takes, and what customers were mailed.

The embedded AWS has SES with its rules, of which a sender that is not verified is refused; nothing
leaves this machine.
"""

# ruff: noqa: FBT002 - typer's flags are booleans
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.home import Home

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.cli import Out
    from sandbox.deployed import Aws
    from shared.model.base import Json
    from shared.model.notices import NoticeRules

MESSAGES = "/_ministack/ses/messages"
SITE = "https://shelfwire.example.com"


def open_post(aws: "Aws", rules: "NoticeRules | None") -> None:
    """Verify the sender and leave SES's own sandbox, as a person does in an account."""
    if rules is None:
        return
    ses = aws.client("sesv2")
    ses.create_email_identity(EmailIdentity=rules.verified)
    ses.put_account_details(MailType="TRANSACTIONAL", WebsiteURL=SITE, ProductionAccessEnabled=True)
    if rules.configuration_set is not None:
        ses.create_configuration_set(ConfigurationSetName=rules.configuration_set)


def mailed(endpoint: str) -> "list[dict[str, Json]]":
    """Every mail SES has taken, the first first."""
    import httpx  # noqa: PLC0415 - checking a file needs none of it

    answer = httpx.get(f"{endpoint}{MESSAGES}", trust_env=False).raise_for_status().json()
    return listed(answer)


def listed(answer: "dict[str, dict[str, list[dict[str, Json]]]]") -> "list[dict[str, Json]]":
    """What the embedded SES shows of its accounts, as mails by time."""
    found = [one for account in answer["messages"].values() for one in account]
    names = {"at": "Timestamp", "to": "To", "from": "Source", "subject": "Subject"}
    mails = [{ours: one[theirs] for ours, theirs in names.items()} for one in found]
    for mail, one in zip(mails, found, strict=True):
        mail["body"] = one["BodyText"]
    return sorted(mails, key=lambda mail: str(mail["at"]))


def register(app: typer.Typer, told: "Callable[[bool], AbstractContextManager[Out]]") -> None:
    """Add the command."""

    @app.command("mails")
    def mails(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    ) -> None:
        """What customers of the sandbox were mailed, if its retailer's file has `notices`."""
        from sandbox.world import World  # noqa: PLC0415 - each command imports its own

        with told(as_json) as out:
            found = mailed(World.attached(Home()).deployed.endpoint)
            said: list[Json] = [*found]
            out.result({"ok": True, "mails": said}, lambda console: show(console, found))


def show(console: "Console", found: "list[dict[str, Json]]") -> None:
    from rich.markup import escape  # noqa: PLC0415 - a command that shows nothing needs none of it
    from rich.table import Table  # noqa: PLC0415

    table = Table("At", "To", "Subject", "Body")
    for mail in found:
        to = mail["to"]
        shown = ", ".join(map(str, to)) if isinstance(to, list) else str(to)
        cells = (str(mail["at"])[:19], shown, str(mail["subject"]), str(mail["body"]))
        table.add_row(*map(escape, cells))
    console.print(table if found else "nobody was mailed")
