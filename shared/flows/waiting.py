"""What waits for approval, told: one exception per channel and rule, however many prices wait.

It follows from what is listed at the moment, minute by minute, so nothing is told of late for long
or for good: not after a crash, and not when the last price and the next one cross.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen, slotted
from shared.model.guardrails import Rule
from shared.model.issue import IssueKind, IssueState
from shared.model.money import Money
from shared.model.retailer import Channel, Retailer
from shared.ports import Row, Store, Table

COUNTED: Final = 1000  # of a channel; whether there are more is all that is said of the rest
BY: Final = "nothing waits any more"


@slotted
class _Held:
    count: int = 0
    example: str = ""
    at_risk: int = 0
    more: bool = False


@frozen
class WaitingTold:
    store: Store
    issues: Issues
    retailer: Retailer

    def run(self) -> int:
        """Raise and solve what has changed; returns how many prices are known to wait."""
        return sum(self._channel(channel) for channel in self.retailer.channels)

    def _channel(self, channel: Channel) -> int:
        pk = keys.held(channel.name).pk
        rows = self.store.query(Table.CONTROL, pk, limit=COUNTED)
        rules = [r for r in Rule if r is Rule.ZEROED or channel.guardrails or rows]
        found: dict[str, _Held] = {rule.value: _Held() for rule in rules}
        for row in rows:
            _count(found, row, more=len(rows) == COUNTED)
        names = {keys.issue(f"{_kind(r)}#{_subject(channel, r)}"): r for r in found}
        known = self.store.get(names)
        for key, rule in names.items():
            self._told(channel, rule, found[rule], known.get(key))
        return len(rows)

    def _told(self, channel: Channel, rule: str, held: _Held, row: Row | None) -> None:
        opened = row is not None and row.body["state"] == IssueState.OPEN
        if held.count:
            problem = _problem(channel, rule, held)
            if not opened or row is None or row.body["summary"] != problem.summary:
                self.issues.report([problem])
        elif opened:
            self.issues.solve(_kind(rule), _subject(channel, rule), by=BY)


def _count(found: Mapping[str, _Held], row: Row, *, more: bool) -> None:
    for rules, at_risk in _listed(row):
        for rule in rules:
            held = found[rule]
            held.count += 1
            held.example = held.example or row.key.sk.partition("#")[0]
            held.at_risk += at_risk
            held.more = more


def _listed(row: Row) -> Iterator[tuple[list[str], int]]:
    listed = row.body["held"]
    for one in listed if isinstance(listed, list) else ():
        match one:
            case {"rules": list(rules), "at_risk": {"amount": int(amount)}}:
                yield list(dict.fromkeys(map(str, rules))), amount
            case {"rules": list(rules)}:
                yield list(dict.fromkeys(map(str, rules))), 0


def _problem(channel: Channel, rule: str, held: _Held) -> Problem:
    count = f"{held.count} or more" if held.more else str(held.count)
    what = "sold-out article" if rule == Rule.ZEROED else "price change"
    noun = f"{what} waits" if count == "1" else f"{what}s wait"
    return Problem(
        kind=_kind(rule),
        subject=_subject(channel, rule),
        connection=channel.connection,
        summary=f"{count} {noun} for approval in {channel.name}: {rule}, such as {held.example}; "
        "what was shown before stays",
        remedy="list them with `shelfwire approvals list` or GET /v1/approvals; approve, reject or "
        "correct them",
        field=rule,
        value=str(held.count),
        at_risk=Money(amount=held.at_risk, currency=channel.currency) if held.at_risk else None,
    )


def _kind(rule: str) -> IssueKind:
    return IssueKind.STOCK_ZEROED if rule == Rule.ZEROED else IssueKind.PRICE_HELD


def _subject(channel: Channel, rule: str) -> str:
    return f"{channel.name}/{rule}"
