"""`shelfwire reconcile finance`: the money of a day's orders, in the shop and in the ERP."""

# ruff: noqa: FBT002 - typer's flags are booleans
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.home import Home

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.api import Api
    from sandbox.cli import Out
    from shared.model.base import Json


def register(
    app: typer.Typer, told: "Callable[[bool], AbstractContextManager[Out]]", failed: int
) -> None:
    """Add the command; it exits with `failed` while anything differs."""
    reconcile = typer.Typer(help="Where the books of shop and ERP differ.", no_args_is_help=True)
    app.add_typer(reconcile, name="reconcile")

    @reconcile.callback()
    def books() -> None:
        """Keep `finance` a command of its own name."""

    @reconcile.command("finance")
    def finance(
        day: Annotated[
            str, typer.Option(help="A date of the retailer's zone; yesterday if none.")
        ] = "",
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    ) -> None:
        """The ledger of a day by kind, and every order whose money differs."""
        from sandbox.world import World  # noqa: PLC0415 - each command imports its own

        with told(as_json) as out:
            found = whole(World.attached(Home()).api, day)
            differs = bool(found.get("differences"))
            out.result({"ok": not differs, **found}, lambda console: show(console, found))
            if differs:
                raise typer.Exit(failed)


def whole(api: "Api", day: str) -> "dict[str, Json]":
    """All pages of a day as one."""
    found = page = api.finance(day)
    while page.get("next"):
        page = api.finance(str(found["day"]), after=str(page["next"]))
        found = merged(found, page)
    return found


def show(console: "Console", found: "dict[str, Json]") -> None:
    """Sums by kind, then one row for each difference with its repair."""
    from rich.markup import escape  # noqa: PLC0415 - a command that shows nothing needs none of it
    from rich.table import Table  # noqa: PLC0415

    sums, differing = _rows(found.get("sums")), _rows(found.get("differences"))
    console.print(f"{found['day']}: {len(_rows(found.get('orders')))} orders")
    for one in sums:
        console.print(f"  {one['kind']}: {one['amount']} {one['currency']} (minor units)")
    if not differing:
        console.print("shop and ERP agree")
        return
    table = Table("Order", "Difference", "Amount", "Since", "Repair")
    for order in differing:
        for one in _rows(order.get("differences")):
            money = one["amount"] if isinstance(one["amount"], dict) else {}
            cells = (
                str(order["order_id"]),
                str(one["bucket"]),
                f"{money.get('amount')} {money.get('currency')}",
                str(order["since"])[:19],
                str(one["repair"]),
            )
            table.add_row(*map(escape, cells))
    console.print(table)


def merged(first: "dict[str, Json]", more: "dict[str, Json]") -> "dict[str, Json]":
    """Two pages of one day as one: orders and differences in turn, sums added up."""
    sums: dict[tuple[str, str], int] = {}
    for one in (*_rows(first.get("sums")), *_rows(more.get("sums"))):
        name = str(one["kind"]), str(one["currency"])
        sums[name] = sums.get(name, 0) + int(str(one["amount"]))
    added: list[Json] = [
        {"kind": kind, "amount": amount, "currency": currency}
        for (kind, currency), amount in sorted(sums.items())
    ]
    lists: dict[str, Json] = {
        name: [*_rows(first.get(name)), *_rows(more.get(name))]
        for name in ("orders", "differences")
    }
    return {**first, **lists, "sums": added, "next": None}


def _rows(found: "Json") -> "list[dict[str, Json]]":
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
