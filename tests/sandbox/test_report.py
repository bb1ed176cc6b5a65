"""What a person reads: figures with their units, nothing lost, nothing taken for markup."""

import io

import pytest
from rich.console import Console

from sandbox import report
from shared.model.base import Json


def printed(show: "report.Show", width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    show(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1999, "GBP", "19.99 GBP"),
        (5, "EUR", "0.05 EUR"),
        (-1999, "GBP", "-19.99 GBP"),
        (1999, "JPY", "1999 JPY"),
        (1999, "KWD", "1.999 KWD"),
        (0, "GBP", "0.00 GBP"),
    ],
)
def test_money_is_shown_in_its_own_units(amount: int, currency: str, text: str) -> None:
    assert report.money({"amount": amount, "currency": currency}) == text


def test_an_answer_is_outlined_with_every_value() -> None:
    what: dict[str, Json] = {
        "sku": "S1",
        "price": {"amount": 1999, "currency": "GBP"},
        "channels": [{"name": "shop", "stock": 0, "listed": True}, {"name": "till"}],
        "links": {},
        "note": None,
    }
    assert printed(lambda console: report.fields(console, what)).splitlines() == [
        "sku: S1",
        "price: 19.99 GBP",
        "channels:",
        "  -",
        "    name: shop",
        "    stock: 0",
        "    listed: yes",
        "  - name: till",
        "links: none",
        "note: none",
    ]


def test_text_in_brackets_is_not_markup() -> None:
    issue: dict[str, Json] = {"issue_id": "no_price#[red]S1[/]", "summary": "[bold]x"}
    text = printed(lambda console: report.exceptions(console, [issue]))
    assert "no_price#[red]S1[/]" in text
    assert "[bold]x" in text


def test_what_an_unknown_code_may_mean_is_shown_as_the_command_that_says_so() -> None:
    candidate: Json = {"code": "hat-m", "sku": "HAT-M", "reason": "the same name in other letters"}
    issue: dict[str, Json] = {
        "issue_id": "unmapped_sku#shop:1",
        "connection": "shop",
        "remedy": "map the code",
        "candidates": [candidate],
    }
    text = printed(lambda console: report.exceptions(console, [issue]), width=400)
    assert "shelfwire map shop hat-m HAT-M: the same name in other letters" in text


def test_an_exception_shows_what_is_at_risk_and_what_to_do() -> None:
    issue: dict[str, Json] = {
        "issue_id": "no_price#S1",
        "summary": "no condition holds",
        "at_risk": {"amount": 250, "currency": "GBP"},
        "remedy": "set a price",
        "owner": "merchandising",
        "count": 3,
    }
    text = printed(lambda console: report.exceptions(console, [issue]))
    assert text.splitlines() == [
        "no_price#S1",
        "  told 3 times, merchandising, at risk 2.50 GBP",
        "  no condition holds",
        "  to do: set a price",
        "1 exception",
    ]


def test_the_id_of_an_exception_is_never_broken_by_a_narrow_terminal() -> None:
    name = "bad_message#shop/orders/create:8c2f4036-abe4-4a83-8292-ea65453ea18f"
    text = printed(lambda console: report.exceptions(console, [{"issue_id": name}]), width=30)
    assert text.splitlines()[0] == name


def test_an_exception_that_came_back_shows_how_it_was_closed() -> None:
    closed: Json = {"by": "operator", "at": "2026-11-27T09:00:00Z", "why": "no longer sold"}
    issue: dict[str, Json] = {"issue_id": "no_price#S1", "summary": "none", "closed": closed}
    text = printed(lambda console: report.exceptions(console, [issue]), width=400)
    assert "closed 2026-11-27T09:00:00 by operator: no longer sold" in text


def test_no_exceptions_are_said_to_be_none() -> None:
    text = printed(lambda console: report.exceptions(console, []))
    assert text == "nothing waits for a person\n"


def test_what_did_not_hold_stands_out() -> None:
    result: dict[str, Json] = {
        "ok": False,
        "figures": {"orders": 600},
        "checks": [
            {"name": "exactly once", "ok": True, "detail": "600 of 600"},
            {"name": "no oversell", "ok": False, "detail": "1 SKU"},
        ],
    }
    text = printed(lambda console: report.played(console, result))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "orders │ 600" in lines
    assert "yes │ exactly once │ 600 of 600" in lines
    assert "NO │ no oversell │ 1 SKU" in lines


def test_what_is_withheld_is_a_row_with_both_values_and_the_rule() -> None:
    pounds: dict[str, Json] = {"amount": 1999, "currency": "GBP"}
    line: dict[str, Json] = {
        "channel": "shop",
        "facet": "price",
        "key": "HAT-M",
        "shown": None,
        "desired": {"price": pounds, "compare_at": None},
        "why": [{"rule": "base", "detail": "PR00"}],
        "looked_at": "2026-11-27T09:00:00+00:00",
    }
    product: dict[str, Json] = {
        **line,
        "facet": "content",
        "key": "HAT",
        "desired": {"title": "Hat", "variants": ["HAT-M"]},
        "why": [],
    }
    text = printed(lambda console: report.pending(console, [line, product]))
    assert "HAT-M │ nothing │ 19.99 GBP " in text
    assert "base: PR00" in text
    assert "Hat (1 article)" in text
    assert "2 withheld" in text
    assert printed(lambda console: report.pending(console, [])).strip() == "nothing is withheld"


def test_parity_is_a_row_per_channel_and_facet() -> None:
    found: list[dict[str, Json]] = [
        {
            "channel": "shop",
            "facet": "price",
            "policy": "ask",
            "running": True,
            "finished": "2026-11-27T09:00:00+00:00",
            "compared": 12000,
            "equal": 11998,
            "accepted": 0,
            "moving": 3,
            "differing": {"edited": 2},
            "share_equal": "0.999833",
        },
        {"channel": "shop", "facet": "stock", "policy": "ask", "running": False, "finished": None},
    ]
    text = printed(lambda console: report.parity(console, found))
    _, _, price, stock = text.splitlines()
    assert "2026-11-27T09:00:00 (running)" in price
    assert "edited 2" in price
    assert "moving 3 " in price
    assert "accepted" not in price
    assert "0.999833" in price
    assert "never" in stock
