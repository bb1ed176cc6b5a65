"""Customers are mailed while functions die: never twice, and never nothing without a word."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from shared.domain import notices
from shared.model.ids import Entity
from shared.model.notices import NoticeRow, NoticeState
from shared.ports import Table
from tests.simulation.engine import SECOND, START
from tests.simulation.invariants_orders import cases
from tests.simulation.scenario import ORDERLY, SHARE, Play, Scenario, few

RULES = """
[notices]
sender = "shop@northwind.example"
since = 2020-01-01T00:00:00Z
channels = { shop = ["received", "delayed", "shipped", "cancelled", "refunded"] }
"""
DAYS = ("2026-12-04", "2026-12-09")


def _trade(play: Play) -> None:
    play.later(play.rng.randint(0, 20 * SECOND), partial(play.order, "shop", ("HAT-M", 2)))
    if play.rng.random() < SHARE:
        for at in (25, 45):
            play.later(at * SECOND, partial(_promised, play, play.rng.choice(DAYS)))
    if play.rng.random() < SHARE:
        play.later(40 * SECOND, partial(play.cancel, "shop"))
    play.later(60 * SECOND, play.deliver)
    if play.rng.random() < SHARE:
        play.later(90 * SECOND, partial(play.goodwill, "shop", 150))


def _promised(play: Play, day: str) -> None:
    """The ERP confirms the goods for a later day, or for another one than before."""
    erp = play.world.vendors["erp"]
    for order in erp.tenant.orders.after(None):
        play.world.engine.note(f"ERP: confirms {order.number} for {day}")
        said = {
            "item": order.items[0].item,
            "lines": [[2, day]],
            "asked_for": START.date().isoformat(),
        }
        erp.control("confirm", order=order.number, **said)


def _told_once(play: Play) -> list[str]:
    return [*_twice(play), *_never(play)]


def _twice(play: Play) -> Iterator[str]:
    """In this scenario every mail is another one by its text."""
    said = (
        mail["Content"]["Simple"]["Body"]["Text"]["Data"] for mail in play.world.stage.ses.mails
    )
    for subject, times in Counter(said).items():
        if times > 1:
            yield f"{subject!r} was mailed {times} times"


def _never(play: Play) -> Iterator[str]:
    """What a case gives rise to has a row, and as many mails are out as rows say."""
    rules = play.world.retailer.notices
    assert rules is not None
    found = [
        NoticeRow.model_validate(row.body)
        for row in play.world.store.rows(Table.CONTROL)
        if row.key.pk.startswith("notice#")
    ]
    known = {(row.order_id, row.mark) for row in found}
    for order_id, case in cases(play.truth).items():
        for one in notices.arising(case, rules):
            if (order_id, one.mark) not in known:
                yield f"nobody was told {one.mark} of {order_id}"
    sent = sum(row.state is NoticeState.SENT for row in found)
    waits = sum(row.state is NoticeState.WAITING for row in found)
    out = len(play.world.stage.ses.mails)
    if waits or not sent <= out <= len(found):
        yield f"{out} mails are out, {sent} of {len(found)} notices are sent, {waits} wait"


NOTICES = (
    Scenario(
        "customers are mailed",
        few,
        _trade,
        rules=RULES,
        reads=ORDERLY | {Entity.ALLOCATION},
        replays=True,
        check=_told_once,
    ),
)
