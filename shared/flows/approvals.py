"""What waits for approval, and what people say of it.

A ruling is written on the target it is about, and the SKU is touched in the same transaction: what
follows from it follows from its derivation, as everything a channel shows does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Final

from shared.domain.ahead import plain
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.guarding import together
from shared.flows.target_rows import target_put
from shared.frozen import frozen
from shared.model.base import Json, as_json
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.model.steps import Decision
from shared.model.target import Guard, Proposal, Ruling, Target
from shared.ports import Clock, Key, Put, Row, Store, Table, Write

PAGE: Final = 100
LINES_MAX: Final = 500
ALL_MAX: Final = 2000  # of a channel in one call; a further call rules on the rest
TRIES: Final = 6
DIFFERS: Final = "differs"


@frozen
class Named:
    """One proposal, by its article and the name of its value."""

    channel: str
    sku: str
    proposal: str


@frozen
class Waiting:
    """A proposal and the target it waits on."""

    target: Target
    proposal: Proposal

    @property
    def named(self) -> Named:
        return Named(self.target.channel, self.target.key, self.proposal.name)

    def breaks(self, rule: str | None) -> bool:
        return rule is None or any(reason.rule == rule for reason in self.proposal.reasons)


@frozen
class Said:
    """A decision, by whom and why."""

    decision: Decision
    by: str
    why: str


@frozen
class Approvals:
    store: Store
    clock: Clock
    retailer: Retailer

    def page(
        self, channel: str | None, *, rule: str | None = None, after: str = ""
    ) -> dict[str, Json]:
        """A page of what waits, by channel and article; `next` is where the one after it begins."""
        left = PAGE
        found: list[Waiting] = []
        begin, _, sku = after.partition("/")
        channels = [c.name for c in self.retailer.channels if channel in {None, c.name}]
        for name in channels[channels.index(begin) if begin in channels else 0 :]:
            rows = self._names(name, after=sku if name == begin else "", limit=left)
            found += self._waiting(rows)
            left -= len(rows)
            if left == 0:
                return _page(found, rule, f"{name}/{rows[-1].sk}")
        return _page(found, rule, None)

    def rule(self, said: Said, lines: Sequence[Named]) -> list[dict[str, Json]]:
        """Rule on each of these; one that waits no more, or with another value, says so."""
        found: dict[Named, str] = {}
        for some in batched(dict.fromkeys(lines), PAGE // 4, strict=False):
            found |= self._ruled(said, some)
        return [
            {"channel": n.channel, "sku": n.sku, "proposal": n.proposal, "status": found[n]}
            for n in lines
        ]

    def rule_all(
        self,
        said: Said,
        channel: str,
        *,
        rule: str | None,
        expected: int,
        until: datetime | None = None,
    ) -> dict[str, Json]:
        """Rule on all that waits in a channel for breaking a rule; only if they are so many.

        `until` leaves out what has waited since later. RejectedError if they are not as many.
        """
        wanted = [
            one.named
            for one in self._every(channel)
            if one.breaks(rule) and (until is None or one.proposal.since <= until)
        ]
        if len(wanted) != expected:
            raise RejectedError(
                f"{len(wanted)} changes wait there, not {expected}",
                code=DIFFERS,
                field="expected",
                value=len(wanted),
                remedy="look at the list again, then say how many are meant",
            )
        now, later = wanted[:ALL_MAX], wanted[ALL_MAX:]
        lines = self.rule(said, now)
        ruled = sum(line["status"] == said.decision for line in lines)
        return {"ruled": ruled, "remaining": len(later) + len(lines) - ruled}

    def _names(self, channel: str, *, after: str, limit: int) -> list[Key]:
        pk = keys.held(channel).pk
        rows = self.store.query(Table.CONTROL, pk, after=after, limit=limit)
        return [row.key for row in rows]

    def _every(self, channel: str) -> Iterator[Waiting]:
        after = ""
        while names := self._names(channel, after=after, limit=PAGE):
            yield from self._waiting(names)
            after = names[-1].sk

    def _waiting(self, names: Iterable[Key]) -> list[Waiting]:
        """Proposals nobody has ruled on; a ruling is taken up a moment after it was made."""
        rows = self.store.get(keys.held_target(name) for name in names)
        targets = sorted((Target.model_validate(r.body) for r in rows.values()), key=_sku)
        return [
            Waiting(target, proposal)
            for target in targets
            for proposal in (target.guard.held if target.guard else ())
            if target.guard and target.guard.ruling(proposal.name) is None
        ]

    def _ruled(self, said: Said, lines: Sequence[Named]) -> dict[Named, str]:
        found: dict[Named, str] = {}
        left = list(lines)
        for _ in range(TRIES):
            rows = self.store.get(key for name in left for key in _rows_of(name))
            groups: dict[Named, list[Put]] = {}
            for name in left:
                status, writes = self._written(said, name, rows)
                if not writes:
                    found[name] = status
                    continue
                groups[name] = writes
                # What the next line about the same target adds goes into the same write.
                rows |= {put.key: Row(put.key, put.expected, put.body) for put in writes}
            done = together(self.store, [list[Write](puts) for puts in groups.values()])
            kept = [name for name, ok in zip(groups, done, strict=True) if ok]
            found |= dict.fromkeys(kept, said.decision.value)
            left = [name for name in groups if name not in found]
            if not left:
                return found
        raise RetryableError(f"{len(left)} targets are contended")

    def _written(self, said: Said, name: Named, rows: Mapping[Key, Row]) -> tuple[str, list[Put]]:
        """What became of a line, and what has to be written for it."""
        price, stock, wake = _rows_of(name)
        row = rows.get(stock) if _meant(name, rows.get(stock)) else rows.get(price)
        target = Target.model_validate(row.body) if row else None
        guard = target.guard if target else None
        if row is None or target is None or guard is None:
            return "unknown", []
        known = guard.ruling(name.proposal)
        if known is not None and (known.decision is said.decision or _shown(target, known)):
            return known.decision.value, []
        proposal = next((p for p in guard.held if p.name == name.proposal), None)
        if proposal is None and known is None:
            return "changed" if guard.held else "withdrawn", []
        value = proposal.value if proposal else known.value if known else None
        now = self.clock.now()
        ruling = Ruling(
            name=name.proposal,
            value=value,
            decision=said.decision,
            by=said.by,
            why=said.why,
            at=now,
        )
        ruled = target.model_copy(update={"guard": _with(guard, ruling)})
        touched = rows.get(wake)
        return "", [
            target_put(ruled, row.rev, settle=self._settle(name.channel)),
            Put(wake, {"at": None, "woken": now.isoformat()}, touched.rev if touched else 0),
        ]

    def _settle(self, channel: str) -> timedelta:
        return self.retailer.connection(self.retailer.channel(channel).connection).settle


def _with(guard: Guard, ruling: Ruling) -> Guard:
    return guard.model_copy(update={"rulings": (*guard.rulings, ruling)})


def _shown(target: Target, known: Ruling) -> bool:
    """Whether what was approved went out already: then only the owner of prices can change it."""
    return known.decision is Decision.APPROVED and plain(target.desired) == known.value


def _rows_of(name: Named) -> tuple[Key, Key, Key]:
    price, stock = (keys.target(name.channel, f, name.sku) for f in (Facet.PRICE, Facet.STOCK))
    return price, stock, keys.wake(name.sku)


def _meant(name: Named, row: Row | None) -> bool:
    """Whether it is this target's guard that knows a proposal of this name."""
    guard = Target.model_validate(row.body).guard if row else None
    return guard is not None and (
        guard.ruling(name.proposal) is not None or any(p.name == name.proposal for p in guard.held)
    )


def _sku(target: Target) -> str:
    return target.key


def _page(found: Iterable[Waiting], rule: str | None, after: str | None) -> dict[str, Json]:
    listed: list[Json] = [_told(one) for one in found if one.breaks(rule)]
    return {"waiting": listed, "next": after}


def _told(one: Waiting) -> dict[str, Json]:
    target, proposal = one.target, one.proposal
    effective = proposal.effective
    return {
        "channel": target.channel,
        "sku": target.key,
        "facet": target.facet.value,
        "proposal": proposal.name,
        "proposed": proposal.value,
        "shown": target.published,
        "effective": effective.isoformat() if effective else None,
        "since": proposal.since.isoformat(),
        "reasons": as_json(proposal.reasons),
        "at_risk": proposal.at_risk.model_dump(mode="json") if proposal.at_risk else None,
        "why": as_json(proposal.why),
    }
