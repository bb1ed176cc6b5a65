"""Whether a price may go out by itself, waits for a person, or was ruled about already.

A regular price is measured against the last regular one that was shown or approved, a promotion
against what it is taken off. So the way back from a promotion is no change at all, and a price that
was never shown cannot prepare a larger step.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from shared.domain.ahead import plain
from shared.domain.margins import floor
from shared.domain.wishes import Wish, name_of, promotional
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.guardrails import Guardrails, Rule
from shared.model.money import Money
from shared.model.steps import Decision, Step
from shared.model.target import Guard, PriceValue, Proposal, Ruling, Target

RULINGS_KEPT: Final = 8
_TENTH: Final = Decimal("0.1")


@frozen
class Judged:
    """What may be shown, and the guard from then on.

    `moves` says that it counts as moved; `blocked` that nothing may be sold before a person has
    approved a price; `approved` that a person let it through.
    """

    value: Json
    chain: tuple[Step, ...]
    guard: Guard
    held: bool = False
    moves: bool = False
    blocked: bool = False
    approved: bool = False


def judge(
    old: Target | None,
    wishes: Sequence[Wish],
    rules: Guardrails,
    currency: str,
    *,
    room: bool,
    now: datetime,
) -> Judged:
    """Judge the price of now, the first of `wishes`, and those that are known to follow.

    `room` says whether more of the channel's prices may move.
    """
    guard = _known(old)
    guard = guard.model_copy(update={"rulings": _kept(guard.rulings, wishes)})
    court = _Court(old, guard, rules, currency, room, now)
    present = court.present(wishes[0])
    later = court.later(wishes[1:], present)
    held = {p.name: p for p in reversed((*present.guard.held, *later.held))}
    made = present.guard.model_copy(
        update={
            "let": present.guard.let or later.let,
            "held": tuple(reversed(held.values())),
            "planned": tuple(sorted(later.planned)),
        }
    )
    return Judged(
        present.value,
        present.chain,
        _unless_same(old, made),
        held=present.held,
        moves=present.moves or later.moves,
        blocked=present.blocked,
        approved=present.approved,
    )


def let(target: Target, implied: Json) -> Json:
    """What the facts imply, or what is shown instead while that waits or was rejected."""
    guard = target.guard
    if guard is None or implied is None:
        return implied
    value = plain(implied)
    let_through = value == plain(target.desired)  # what is held of the time to come is not told
    return target.desired if let_through or guard.keeps_back(name_of(value)) else implied


def breaches(
    value: PriceValue,
    rules: Guardrails,
    currency: str,
    *,
    reference: PriceValue | None,
    cost: Money | None,
) -> Iterator[Step]:
    """Every limit a price breaks by itself, whatever else moves; no step tells the cost."""
    for label, price, struck, before in _amounts(value, reference):
        strange = {m.currency for m in (price, struck) if m is not None} - {currency}
        if strange:
            yield _step(Rule.CURRENCY, f"{label}{', '.join(sorted(strange))}, not {currency}")
            continue
        if price.amount <= 0:
            yield _step(Rule.NOT_POSITIVE, f"{label}{price} is no price")
            continue
        if before is not None and before.currency == currency and before.amount > 0:
            yield from _changed(label, before, price, rules)
        if rules.floor is not None and cost and price.amount < floor(cost, rules.floor).amount:
            yield _step(Rule.FLOOR, f"{label}{price} leaves less than {rules.floor} % over cost")
        if struck is not None and rules.max_markdown is not None:
            yield from _marked_down(label, struck, price, rules.max_markdown)


def _amounts(
    value: PriceValue, reference: PriceValue | None
) -> Iterator[tuple[str, Money, Money | None, Money | None]]:
    """Each amount that somebody may pay: whose, how much, instead of what, and what it was."""
    before = reference.price if reference else None
    yield "", value.price, value.compare_at, before
    scales = {s.quantity: s.price for s in reference.scales} if reference else {}
    for scale in value.scales:
        yield f"from {scale.quantity} on: ", scale.price, None, scales.get(scale.quantity)
    for name, segment in value.segments.items():
        known = reference.segments.get(name) if reference else None
        was = known.price if known else before
        yield f"{name}: ", segment.price, segment.compare_at, was
        steps = {s.quantity: s.price for s in known.scales} if known else {}
        for scale in segment.scales:
            label = f"{name} from {scale.quantity} on: "
            yield label, scale.price, None, steps.get(scale.quantity)


def _changed(label: str, before: Money, price: Money, rules: Guardrails) -> Iterator[Step]:
    by = price.amount - before.amount
    said = f"{label}{before} to {price} is a"
    share = _percent(abs(by), before.amount)
    if rules.max_rise is not None and by * 100 > before.amount * rules.max_rise:
        yield _step(Rule.MAX_RISE, f"{said} rise of {share} %, at most {rules.max_rise} % may pass")
    if rules.max_fall is not None and -by * 100 > before.amount * rules.max_fall:
        yield _step(Rule.MAX_FALL, f"{said} fall of {share} %, at most {rules.max_fall} % may pass")


def _marked_down(label: str, struck: Money, price: Money, most: Decimal) -> Iterator[Step]:
    less = struck.amount - price.amount
    if less * 100 > struck.amount * most:
        share = _percent(less, struck.amount)
        said = f"{label}{price} instead of {struck} is {share} % less, at most {most} % may pass"
        yield _step(Rule.MAX_MARKDOWN, said)


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(part) * 100 / whole).quantize(_TENTH)


def _step(rule: Rule, detail: str) -> Step:
    return Step(rule=rule.value, detail=detail)


@frozen
class _Later:
    """What follows: the values let through ahead, those held, and whether any is new."""

    planned: frozenset[str]
    held: tuple[Proposal, ...]
    let: Json
    moves: bool


@frozen
class _Court:
    old: Target | None
    guard: Guard
    rules: Guardrails
    currency: str
    room: bool
    now: datetime

    def present(self, wish: Wish) -> Judged:
        """The price of now: let through, or held with what is shown instead."""
        reference = _price(self.guard.regular or self.guard.let)
        decision = self._decision(wish.name)
        moves = self._moves(wish, reference) and self.old is not None
        reasons = self._reasons(wish, reference, moves=moves)
        if decision is Decision.APPROVED or not (reasons or decision):
            return self._let(wish, moves=moves and decision is None, approved=decision is not None)
        return self._held(wish, reasons, waits=decision is None)

    def later(self, wishes: Sequence[Wish], present: Judged) -> _Later:
        """The prices that are known to follow, each measured against what holds before it."""
        let, first = present.guard.let, present.guard.let
        planned, held, moved = set[str](), list[Proposal](), False
        for wish in wishes:
            reference = _price(let or present.guard.regular)
            decision = self._decision(wish.name)
            known = self.old is not None and self.old.guard is not None
            moves = known and self._moves(wish, reference)
            reasons = self._reasons(wish, reference, moves=moves)
            if decision is Decision.REJECTED:
                continue
            if reasons and decision is None:
                held.append(self._proposal(wish, reasons))
                continue
            planned.add(wish.name)
            moved |= moves and decision is None
            if not wish.promotional:
                let = wish.said
                first = first or let
        return _Later(frozenset(planned), tuple(held), first, moved)

    def _decision(self, name: str) -> Decision | None:
        said = self.guard.ruling(name)
        return said.decision if said else None

    def _reasons(
        self, wish: Wish, reference: PriceValue | None, *, moves: bool
    ) -> tuple[Step, ...]:
        found = tuple(
            breaches(wish.value, self.rules, self.currency, reference=reference, cost=wish.cost)
        )
        if found:
            return found
        known = self._known(wish.name)
        share = [r for r in known.reasons if r.rule == Rule.MAX_SHARE] if known else []
        if share:  # it waits until somebody rules, though the window is over by then
            return tuple(share)
        if moves and not self.room:
            most = f"{self.rules.max_share} % of all prices have moved"
            said = f"{most} within {self.rules.window_minutes} minutes"
            return (_step(Rule.MAX_SHARE, said),)
        return ()

    def _known(self, name: str) -> Proposal | None:
        return next((p for p in self.guard.held if p.name == name), None)

    def _moves(self, wish: Wish, reference: PriceValue | None) -> bool:
        """Whether it is news to the channel: not shown, not planned, and away from its measure."""
        if reference is None or wish.name in self.guard.planned:
            return False
        if self.old is not None and wish.said == self.old.desired:
            return False
        by = abs(wish.value.price.amount - reference.price.amount)
        return by > 0 and by * 100 >= reference.price.amount * self.rules.moves_by

    def _let(self, wish: Wish, *, moves: bool, approved: bool) -> Judged:
        update: dict[str, object] = {"held": (), "until": None}
        if wish.promotional:
            update["until"] = wish.until
        else:
            update["let"] = wish.said
            update["regular"] = wish.said if approved else self.guard.regular
        guard = self.guard.model_copy(update=update)
        return Judged(wish.said, wish.chain, guard, moves=moves, approved=approved)

    def _held(self, wish: Wish, reasons: Sequence[Step], *, waits: bool) -> Judged:
        """A promotion that was let through may stay for its time; else the last regular price."""
        shown = self.old.desired if self.old else None
        until = self.guard.until
        stays = wish.promotional and until is not None and self.now < until
        value = shown if stays else self.guard.let
        blocked = value is None
        held = (self._proposal(wish, reasons),) if waits else ()
        update = {"held": held, "until": until if stays else None}
        guard = self.guard.model_copy(update=update)
        chain = tuple(_explained(wish, reasons, value, waits=waits))
        return Judged(shown if blocked else value, chain, guard, held=True, blocked=blocked)

    def _proposal(self, wish: Wish, reasons: Sequence[Step]) -> Proposal:
        known = self._known(wish.name)
        if known is not None and known.reasons == tuple(reasons):
            return known.model_copy(update={"effective": wish.at, "why": wish.chain})
        return Proposal(
            name=wish.name,
            value=wish.said,
            effective=wish.at,
            since=known.since if known else self.now,
            reasons=tuple(reasons),
            why=wish.chain,
        )


def _known(old: Target | None) -> Guard:
    """What the target says it is measured against; what the channel has shown since counts.

    A target without a guard is from before there were limits: what it wishes was let through.
    """
    if old is None:
        return Guard()
    ended = old.next_change if promotional(old.why) else None
    guard = old.guard or Guard(let=None if promotional(old.why) else old.desired, until=ended)
    if guard.let is not None and old.published == guard.let:
        return guard.model_copy(update={"regular": guard.let})
    return guard


def _unless_same(old: Target | None, made: Guard) -> Guard:
    """The guard there was, if only what the channel has shown since is new: it can be read again.

    So a target is not written for that alone.
    """
    known = old.guard if old else None
    if known is not None and made.model_copy(update={"regular": known.regular}) == known:
        return known
    return made


def _kept(rulings: Iterable[Ruling], wishes: Iterable[Wish]) -> tuple[Ruling, ...]:
    """The last few; one about a value that nobody asks for any more has lapsed."""
    asked = {wish.name for wish in wishes}
    found = [
        ruling if ruling.lapsed or ruling.name in asked else _lapsed(ruling) for ruling in rulings
    ]
    return tuple(found[-RULINGS_KEPT:])


def _lapsed(ruling: Ruling) -> Ruling:
    return ruling.model_copy(update={"lapsed": True})


def _price(value: Json) -> PriceValue | None:
    return PriceValue.model_validate(value) if value is not None else None


def _explained(wish: Wish, reasons: Iterable[Step], value: Json, *, waits: bool) -> Iterator[Step]:
    """Why something else is shown than the facts ask for."""
    price = wish.value.price
    said = f"{price} waits for approval" if waits else f"{price} was rejected"
    for reason in reasons:
        yield Step(rule=f"guardrail {reason.rule}", detail=f"{said}: {reason.detail}")
    if not waits:
        yield Step(rule="ruling", detail=said)
    shown = _price(value)
    if shown is not None:
        yield Step(rule="last good price", detail=f"{shown.price} stays")
    else:
        yield Step(rule="last good price", detail="there is none: the article is not for sale")
