"""A day of which the books of shop and ERP are kept while both go on."""

from collections.abc import Iterator
from functools import partial

from shared.domain import books
from shared.flows import keys
from shared.model.books import OrderBooks
from shared.model.ids import Entity
from shared.ports import Table
from tests.simulation.engine import SECOND
from tests.simulation.invariants_orders import cases
from tests.simulation.scenario import ORDERLY, SHARE, Play, Scenario, few

RULES = """
[books]
zone = "Europe/London"
after_hours = 0
"""
ZONE = "Europe/London"


def _trade(play: Play) -> None:
    play.later(play.rng.randint(0, 20 * SECOND), partial(play.order, "shop", ("HAT-M", 2)))
    play.later(50 * SECOND, play.deliver)
    play.later(70 * SECOND, play.bill)
    if play.rng.random() < SHARE:
        play.later(90 * SECOND, partial(play.refund, "shop", restock=False))


def _agree(play: Play) -> list[str]:
    return [*_by_day(play), *_differing(play)]


def _by_day(play: Play) -> Iterator[str]:
    """Each row of the ledger says what the case of its order does, and none is missing."""
    known: dict[tuple[str, str], object] = {
        (row.key.pk.removeprefix("books#"), row.key.sk): row.body["entries"]
        for row in play.world.store.rows(Table.CONTROL)
        if row.key.pk.startswith("books#")
    }
    for order_id, case in cases(play.truth).items():
        for day in books.days(case, zone=ZONE):
            found = [e for e in books.entries(case, zone=ZONE) if e.day == day]
            said = known.get((day, order_id), [])
            if said != [e.model_dump(mode="json") for e in found]:
                yield f"the books of {order_id} on {day} say {said}"


def _differing(play: Play) -> Iterator[str]:
    rows = {row.key: row for row in play.world.store.rows(Table.CONTROL)}
    for order_id, case in cases(play.truth).items():
        row = rows.get(keys.difference(order_id))
        said = OrderBooks.model_validate(row.body).differences if row else ()
        kinds = [d.bucket for d in books.differences(case, {})]
        if [d.bucket for d in said] != kinds:
            yield f"{order_id} differs by {kinds}, its books say {[d.bucket for d in said]}"


BOOKS = (
    Scenario(
        "the books of shop and ERP",
        few,
        _trade,
        rules=RULES,
        reads=ORDERLY | {Entity.INVOICE},
        check=_agree,
    ),
)
