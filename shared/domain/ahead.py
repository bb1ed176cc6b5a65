"""Prices a channel is told before their time, and what it then shows by its own clock.

A channel that takes dates is told of a promotion and of its end. From then on it switches by
itself: what it was told, seen at a later instant, is what it shows.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.domain.pricing import Priced, Unpriced
from shared.domain.wishes import name_of
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.target import Guard, NextPrice, PriceValue, Target


@frozen
class Coming:
    """What is to be shown from `at` on, and whether it is a promotion."""

    at: datetime
    value: PriceValue
    promotional: bool


EDGES_MAX = 4  # instants looked at; what lies behind them is told later


def foretold(priced: Priced, at: Callable[[datetime], Priced | Unpriced]) -> PriceValue:
    """The price of now and what can be told ahead of it; `at` says what holds from an instant."""
    return scheduled(priced.value, coming(priced, at), promotional=priced.promotional)


def coming(priced: Priced, at: Callable[[datetime], Priced | Unpriced]) -> list[Coming]:
    """The prices that are known to follow."""
    found: list[Coming] = []
    before, edge = priced.value, priced.next_change
    for _ in range(EDGES_MAX):
        then = at(edge) if edge is not None else None
        if edge is None or not isinstance(then, Priced):
            break
        if then.value != before:
            found.append(Coming(edge, then.value, then.promotional))
        before, edge = then.value, then.next_change
    return found


def scheduled(now: PriceValue, coming: Sequence[Coming], *, promotional: bool) -> PriceValue:
    """The price of now with what can be told ahead of it: the next promotion and its end.

    That is a lower price between two whole seconds, off a price that is the same before and after;
    or the end of the promotion that holds, and the higher price after it. Anything else is left to
    our own clock.
    """
    match list(coming):
        case [end, *_] if promotional and not end.promotional and _lower(now, end.value):
            steps = [end]
        case [start, end, *_] if not promotional and _is_sale(now, start, end):
            steps = [start, end]
        case _:
            return now
    plain_values = [now, *(step.value for step in steps)]
    if any(value.scales or value.segments for value in plain_values):
        return now
    if any(step.at.microsecond for step in steps):
        return now
    return now.model_copy(update={"ahead": tuple(map(_step, steps))})


def _is_sale(now: PriceValue, start: Coming, end: Coming) -> bool:
    kinds = start.promotional and not end.promotional
    return kinds and _lower(start.value, now) and end.value.price == now.price


def current(value: Json, now: datetime) -> Json:
    """What a channel shows at an instant that was told this value before it."""
    if not isinstance(value, dict) or not value.get("ahead"):
        return value
    told = PriceValue.model_validate(value)
    past = [step for step in told.ahead if step.at <= now]
    if not past:
        return value
    last = past[-1]
    left = told.ahead[len(past) :]
    shown = PriceValue(price=last.price, compare_at=last.compare_at, ahead=left)
    return shown.model_dump(mode="json")


def as_of(target: Target, now: datetime) -> Target:
    """The target as the channel should show it at an instant, by what it was told ahead."""
    desired = current(target.desired, now)
    if desired == target.desired:
        return target
    sent = tuple(current(value, now) for value in target.sent)
    return target.model_copy(update={"desired": desired, "sent": sent})


def plain(value: Json) -> Json:
    """The price of now alone, without what was told ahead."""
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name != "ahead"}


def dated(value: Json, told: Json, guard: Guard | None) -> Json:
    """What is told of a price once it was judged: nothing ahead of what waits or was rejected.

    `value` is what may be shown now, `told` what would be told if all of it may.
    """
    if told is None or plain(told) != value:
        return value
    steps = PriceValue.model_validate(told).ahead
    kept = guard and any(guard.keeps_back(name_of(_alone(step))) for step in steps)
    return value if kept else told


def undated(target: Target, now: datetime) -> Target:
    """The target as if its channel were told of nothing but the price of the moment."""
    values = {"desired": target.desired, "published": target.published}
    update = {name: plain(current(value, now)) for name, value in values.items()}
    return target if update == values else target.model_copy(update=update)


def _alone(step: NextPrice) -> Json:
    return PriceValue(price=step.price, compare_at=step.compare_at).model_dump(mode="json")


def _step(coming: Coming) -> NextPrice:
    value = coming.value
    return NextPrice(at=coming.at, price=value.price, compare_at=value.compare_at)


def _lower(less: PriceValue, more: PriceValue) -> bool:
    same = less.price.currency == more.price.currency
    return same and 0 < less.price.amount < more.price.amount
