"""Days on which prices go wrong at their source: held, approved, rejected, corrected."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from shared.flows import keys
from shared.flows.approvals import Approvals, Named, Said
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.steps import Decision
from shared.model.target import PriceValue, Target
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, few, some, spread
from tests.simulation.scenarios_prices import BASE, BEFORE, DAYS, LONDON, midnight

RISE, FALL = 40, 30
LIMITS = f'{{ max_rise = "{RISE}", max_fall = "{FALL}" }}'
SHARE = '{ max_share = "34", share_from = 2 }'
MOVED = 2  # of six prices
SIZES = ("1", "2", "3", "4", "5", "6")
WRONG, FINE = (100, 10_000, 500, 2500), (1100, 1200, 900, 1050)
DEEP = 400  # a promotion beyond the limits
SWEPT = 11 * MINUTE  # an idle world sweeps every five minutes
BROKEN = "no price beyond the limits is shown that nobody approved"


def _mistyped(play: Play) -> None:
    """Prices are typed wrong and right, some while the shop is away, and people rule on them."""
    if play.rng.random() < 0.4:
        play.later(20 * SECOND, partial(play.out, "shop", 40 * SECOND))
    steps = [*play.rng.sample(WRONG, 2), *play.rng.sample(FINE, 2), 750, 550]
    play.rng.shuffle(steps)
    for at, minor in zip(spread(play, 90 * SECOND, 2 + some(play, 3)), steps, strict=False):
        play.later(at, partial(play.price, "HAT-M", minor, tell=play.rng.random() < 0.8))
    play.later(50 * SECOND, partial(play.price, "HAT-L", 1080))
    _people(play, 110 * SECOND)


def _people(play: Play, over_ms: int) -> None:
    for at in spread(play, over_ms, some(play, 4)):
        play.later(at, partial(_rule, play))


def _rule(play: Play) -> None:
    """Somebody looks at what waits, approves or rejects it, and perhaps presses the key twice."""
    world = play.world
    approvals = Approvals(world.store, world.stage.clock, world.retailer)
    listed: Any = approvals.page(None)["waiting"]
    for one in listed:
        decision = play.rng.choice((Decision.APPROVED, Decision.REJECTED))
        amount = PriceValue.model_validate(one["proposed"]).price.amount
        name = Named(one["channel"], one["sku"], one["proposal"])
        for _ in range(play.rng.choice((1, 1, 2))):
            (line,) = approvals.rule(Said(decision, by="operator", why="seen"), [name])
            world.engine.note(f"an operator: {name} at {amount}: {decision}: {line['status']}")
            if line["status"] == Decision.APPROVED:
                _noted(play).append((world.engine.now_ms, one["sku"], amount))


def _noted(play: Play) -> list[tuple[int, str, int]]:
    """What was approved, when."""
    found = play.notes.setdefault("approved", [])
    assert isinstance(found, list)
    return found


def _wholesale(play: Play) -> None:
    """All prices change at once, as one poll or one by one."""
    tell = play.rng.random() < 0.5
    at = play.rng.randint(1, 20) * SECOND
    for sku in (f"HAT-{size}" for size in SIZES):
        play.later(at, partial(play.price, sku, 1100, tell=tell))
    play.later(at + SECOND, partial(play.world.poll, "erp", Entity.PRICE))
    if play.rng.random() < 0.5:
        _people(play, 110 * SECOND)


def _eight(play: Play) -> None:
    catalogue(play, *SIZES, units=5)


def _promoted(play: Play) -> None:
    """HAT-M is promoted at much less on the day that the world begins before, or in."""
    catalogue(play, "M", units=5)
    now = play.world.engine.now()
    day = min(DAYS[LONDON], key=lambda d: abs(midnight(d) - now))
    play.promote("HAT-M", DEEP, day, day)


def _promotion(play: Play) -> None:
    """It begins or ends within minutes; people may approve it, and the base price may go wrong."""
    if play.rng.random() < 0.8:
        _people(play, 100 * SECOND)
    if play.rng.random() < 0.5:
        minor = play.rng.choice((1090, 10_900))
        at = play.rng.randint(0, 110) * SECOND
        play.later(at, partial(play.price, "HAT-M", minor))


def _check(play: Play, most: int | None = None) -> list[str]:
    """Made at rest; exceptions may be told and solved a while after."""
    engine = play.world.engine
    if list(_told(play)):
        engine.run(until_ms=engine.now_ms + SWEPT)
    found = list(_beyond(play)) if most is None else list(_moved(play, most))
    return [*found, *_listed(play), *_told(play), *_over(play)]


def _beyond(play: Play) -> Iterator[str]:
    """Each price was approved, or is near one that was shown or approved before."""
    for (shop, sku), shown in play.truth.shown.items():
        for place, each in enumerate(shown[1:], 1):
            approved = [m for at, of, m in _noted(play) if of == sku and at <= each.at_ms]
            before = [BASE, *(one.price for one in shown[:place]), *approved]
            if not any((100 - FALL) * p <= 100 * each.price <= (100 + RISE) * p for p in before):
                yield f"{BROKEN}: {shop} showed {each.price} for {sku} after {before}"


def _moved(play: Play, most: int) -> Iterator[str]:
    """No more prices moved by themselves than the share of the catalogue."""
    approved = {sku for _, sku, _ in _noted(play)}
    moved = [
        sku
        for (_, sku), shown in play.truth.shown.items()
        if len(shown) > 1 and sku not in approved
    ]
    if len(moved) > most:
        yield f"{BROKEN}: {len(moved)} prices moved by themselves: {moved}"


def _targets(play: Play) -> Iterator[Target]:
    for row in play.world.store.rows(Table.TARGETS):
        target = Target.model_validate(row.body)
        if target.guard is not None:
            yield target


def _listed(play: Play) -> Iterator[str]:
    """What waits is on the list, and nothing else is."""
    waits = {(t.channel, t.key) for t in _targets(play) if t.guard and t.guard.held}
    rows = play.world.store.rows(Table.CONTROL)
    prefix = keys.held("").pk
    listed = {
        (row.key.pk.removeprefix(prefix), row.key.sk)
        for row in rows
        if row.key.pk.startswith(prefix)
    }
    if waits != listed:
        yield f"there wait {waits}, and listed are {listed}"


def _told(play: Play) -> Iterator[str]:
    """An exception is open for each rule that something waits for, and for no other."""
    waits = {
        f"{target.channel}/{reason.rule}"
        for target in _targets(play)
        for proposal in (target.guard.held if target.guard else ())
        for reason in proposal.reasons
    }
    told = {
        str(row.body["subject"])
        for row in play.world.store.rows(Table.ISSUES)
        if row.body["kind"] == IssueKind.PRICE_HELD and row.body["state"] == "open"
    }
    if waits != told:
        yield f"prices wait for {waits}, and exceptions tell of {told}"


def _over(play: Play) -> Iterator[str]:
    """I11: whatever waits, no promotional price stays beyond its window."""
    now = play.world.engine.now()
    for (shop, sku), shown in play.truth.shown.items():
        running = [c for c in play.truth.conditions(sku) if _holds(play, c, now)]
        if shown[-1].price == DEEP and all(c.rate * 100 != DEEP for c in running):
            yield f"I11: {shop} still shows the promotion of {sku} at {DEEP}"


def _holds(play: Play, condition: Any, now: datetime) -> bool:
    start, end = play.truth.window(condition)
    return start <= now < end


def _starts() -> tuple[datetime, ...]:
    """Shortly before a promotion begins, before it ends, and hours before that."""
    day: date = DAYS[LONDON][-1]
    first, end = midnight(day), midnight(date.fromordinal(day.toordinal() + 1))
    return (first - BEFORE, end - BEFORE, end - timedelta(hours=3))


GUARDRAILS = (
    Scenario(
        "prices typed wrong",
        few,
        _mistyped,
        limits=LIMITS,
        reads=(Entity.PRICE,),
        check=_check,
    ),
    Scenario(
        "a price list goes wrong",
        _eight,
        _wholesale,
        limits=SHARE,
        reads=(Entity.PRICE,),
        check=partial(_check, most=MOVED),
    ),
    Scenario(
        "a promotion beyond the limits",
        _promoted,
        _promotion,
        limits=LIMITS,
        starts=_starts(),
        zone=LONDON,
        reads=(Entity.PRICE,),
        check=_check,
    ),
)
