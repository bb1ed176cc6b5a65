"""What a stranger reads is held against the code it speaks of."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import typer

from infra.alarms import ALARM_KINDS
from infra.doors import EVERY_ROUTE
from sandbox import connectors_page
from sandbox.cli import app
from shared.connectors.catalog import CATALOG, Connector, Kind
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.model import events
from shared.model.case import CaseState
from shared.model.ids import Facet
from shared.model.issue import OUTLASTING, IssueKind
from shared.ports import Key, Table
from tests.bench.command import AREAS
from tests.fakes import MemoryBus, MemoryStore, SetClock

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OURS = ("docs", "events", "functions", "infra", "retailers", "sandbox", "shared", "tests")
PAGES = sorted([*ROOT.glob("*.md"), *(p for name in OURS for p in (ROOT / name).rglob("*.md"))])
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
RUNBOOK = sorted((DOCS / "runbook").glob("*.md"))
ADR_LINES_MAX = 40
RUNBOOK_LINES = range(15, 41)
RUNBOOK_PARTS = [
    "What it means",
    "Who is affected, and what it costs",
    "How to see it",
    "What to do",
    "How it ends",
]
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)\s]+)\)")
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"uv run shelfwire\s+([a-z]+)(?: ([a-z]+))?")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def headings(page: Path, level: int = 2) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The fragments a renderer gives to headings: lower case, no punctuation, hyphens."""
    said = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in said}


def cells(page: Path) -> Iterator[list[str]]:
    """Every row of every table, without the bars."""
    for line in text_of(page).splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def commands() -> Iterator[tuple[str, ...]]:
    for command in app.registered_commands:
        yield (command.name or str(getattr(command.callback, "__name__", None)),)
    for group in app.registered_groups:
        for command in (group.typer_instance or typer.Typer()).registered_commands:
            yield (str(group.name), str(command.name))


def test_the_connectors_page_says_what_the_catalogue_says() -> None:
    assert text_of(connectors_page.PAGE) == connectors_page.page()


def test_a_connector_without_a_model_of_its_settings_is_listed_without_defaults() -> None:
    row = Connector(
        system="till",
        title="A till",
        kind=Kind.CHANNEL,
        factory="shared.connectors.catalog:connect",
        door="",
        hints="",
        version="1",
        secret_fields=("key",),
        settings={"mode": "one | other"},
    )
    said = connectors_page.page([row])
    assert "| `mode` | one \\| other |  |" in said
    assert "every line is marked before it is sent" in said


def test_every_system_has_its_place_on_the_connectors_page() -> None:
    assert headings(connectors_page.PAGE) == sorted(CATALOG)


@pytest.mark.parametrize("kind", [*(kind.value for kind in IssueKind), *ALARM_KINDS])
def test_every_exception_and_every_alarm_has_its_page(kind: str) -> None:
    assert DOCS / "runbook" / f"{kind}.md" in RUNBOOK


def test_the_runbook_has_no_page_for_what_does_not_exist() -> None:
    known = {kind.value for kind in IssueKind} | set(ALARM_KINDS)
    assert {page.stem for page in RUNBOOK} == known


@pytest.mark.parametrize("kind", IssueKind)
def test_a_page_speaks_of_closing_where_a_person_may_close_it(kind: IssueKind) -> None:
    end = text_of(DOCS / "runbook" / f"{kind}.md").partition("## How it ends")[2]
    assert ("#closing-an-exception" in end) == (kind in OUTLASTING)
    assert "stays in the list." not in end


@pytest.mark.parametrize("page", RUNBOOK, ids=name_of)
def test_a_runbook_page_answers_the_same_questions_and_stays_short(page: Path) -> None:
    assert headings(page) == RUNBOOK_PARTS
    assert len(text_of(page).splitlines()) in RUNBOOK_LINES


@pytest.mark.parametrize("kind", IssueKind)
def test_severity_and_owner_are_those_an_exception_is_raised_with(kind: IssueKind) -> None:
    issues = Issues(MemoryStore(), MemoryBus(), SetClock(datetime(2026, 1, 1, tzinfo=UTC)))
    issues.report([Problem(kind, "some", "erp", summary="", remedy="")])
    issue = issues.find(f"{kind}#some")
    assert issue is not None
    rows = [row for row in cells(DOCS / "runbook.md") if row[0].startswith(f"[{kind}]")]
    assert [row[1:3] for row in rows] == [[issue.severity, issue.owner]]
    said = f"Severity {issue.severity}, owner {issue.owner}."
    assert said in text_of(DOCS / "runbook" / f"{kind}.md")


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_is_short_and_says_why_what_and_at_what_cost(page: Path) -> None:
    text = text_of(page)
    assert len(text.splitlines()) <= ADR_LINES_MAX
    assert headings(page) == ["Context", "Decision", "Consequences"]
    assert re.search(r"^Status: (accepted|superseded by \[\d{4}\]\(.+\))$", text, re.MULTILINE)
    assert text.startswith(f"# {page.name[:4]}. ")


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_decision_is_listed_by_its_title() -> None:
    listed = text_of(DOCS / "decisions.md")
    for page in DECISIONS:
        title = text_of(page).partition("\n")[0].removeprefix("# ")
        assert f"[{title}](decisions/{page.name})" in listed


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", text_of(page))):
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not fragment or fragment in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_shown_exists(page: Path) -> None:
    known = set(commands())
    for first, second in _COMMAND.findall(text_of(page)):
        assert (first,) in known or (first, second) in known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_shown_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    shown = re.findall(r"(?:`|^)make ([a-z]+)", text_of(page), re.MULTILINE)
    assert set(shown) <= targets


def test_the_readme_shows_every_command() -> None:
    readme = text_of(ROOT / "README.md")
    missing = [c for c in commands() if f"`uv run shelfwire {' '.join(c)}" not in readme]
    assert not missing


def test_the_benchmarks_page_lists_the_parts_of_every_area() -> None:
    rows = {row[0].strip("`"): row[1] for row in cells(DOCS / "benchmarks.md") if len(row) == 2}
    shown = {area: tuple(re.findall(r"`(\w+)`", rows[area])) for area in AREAS}
    assert shown == {area: tuple(parts) for area, parts in AREAS.items()}


def test_the_architecture_lists_every_route_with_its_scope() -> None:
    rows = [row for row in cells(DOCS / "architecture.md") if row[0].startswith("`")]
    shown = {row[0].strip("`"): row[1].strip("`") for row in rows if " /v1/" in row[0]}
    assert shown == EVERY_ROUTE


LIVED: Final = (
    keys.product("<product>", "<source>"),
    keys.item("<sku>", "<source>"),
    keys.price("<sku>", "<source>"),
    keys.stock("<sku>", "<source>"),
    keys.hold("<sku>"),
    keys.hold_page("<sku>", "1"),
    keys.kit_links("<sku>"),
    keys.kit_part("<sku>", "<component>"),
    keys.wake("<sku>"),
    Key(keys.target("", Facet.PRICE, "").table, "<channel>#<facet>#<key>"),
    keys.case("<order>"),
    keys.return_of("<return>"),
    keys.returned("<source>", "<document>"),
    keys.reported("<source>", "<shipment>"),
    keys.despatch("<order>"),
    keys.reservation("<name>"),
    keys.reserved("<order>"),
    keys.waiting("<code>", "<order>"),
    keys.link("<connection>", "<key>"),
    keys.gtin("<gtin>"),
    Key(keys.named("", "").table, "names#<beginning>", "<name>#<sku>"),
    keys.customer("<connection>", "<digest>"),
    keys.code("<connection>", "<code>"),
    keys.erp_order("<connection>", "<number>"),
    keys.inbox("<connection>", "<delivery>"),
    keys.issue("<kind>#<subject>"),
    keys.cursor("<connection>", "<entity>"),
    keys.file("<name>"),
    keys.answer("<caller>", "<key>"),
    Key(keys.roster("", Facet.PRICE).table, "roster#<channel>#<facet>", "<key>"),
    Key(keys.parity("", Facet.PRICE).table, "parity#<channel>#<facet>"),
    keys.accuracy("<source>"),
    keys.told("<source>", "<sku>"),
    keys.listed("<source>", "<run>", "<page>"),
    Key(keys.sighting("", Facet.PRICE, "").table, "sighting#<channel>#<facet>#<run>", "<key>"),
    keys.held("<channel>", "<sku>"),
    keys.held_file("<name>"),
    keys.feed("<folder>"),
    keys.walk("<cause>"),
    keys.emptied("<channel>"),
    keys.moves("<channel>"),
    keys.books("<day>", "<order>"),
    keys.rhythm("<channel>"),
    keys.payouts("<order>"),
    keys.paid_order("<connection>", "<payout>", "<order>"),
    keys.hooks("<connection>"),
    keys.payout("<connection>", "<payout>"),
    keys.notice("<order>", "<notice>"),
    keys.difference("<order>"),
    keys.lease("<name>"),
    keys.counter("<sku>", "<location>", 0),
    keys.breaker("<connection>"),
    keys.slots("<connection>", 1)[0],
    keys.rate("<connection>"),
    keys.rate("<connection>", "<operation>"),
)


def test_the_architecture_says_where_every_row_lives() -> None:
    shown = [
        Key(Table(row[0]), row[1].strip("`"), row[2].strip("`") or "-")
        for row in cells(DOCS / "architecture.md")
        if len(row) == 5 and row[0] in set(Table)
    ]
    assert shown == list(LIVED)


def test_the_architecture_names_every_state_of_a_case_and_every_business_event() -> None:
    text = text_of(DOCS / "architecture.md")
    for word in (*CaseState, *(event.__name__ for event in events.ALL)):
        assert f"`{word}`" in text
