"""The row of a target, and the hint to whoever publishes it."""

from collections.abc import Iterable
from datetime import timedelta

from shared.domain import targets
from shared.flows import keys
from shared.model.retailer import Retailer
from shared.model.target import Target, TargetState
from shared.model.written import written
from shared.ports import Key, Message, Put

HINT = {"look": "targets"}


def hints(retailer: Retailer, channels: Iterable[str] | None = None) -> list[Message]:
    """One for each connection that publishes these channels, or any."""
    wanted = [c.name for c in retailer.channels] if channels is None else channels
    connections = sorted({retailer.channel(name).connection for name in wanted})
    return [Message(keys.write_queue(name), HINT) for name in connections]


def target_put(target: Target, expected: int, *, settle: timedelta, key: Key | None = None) -> Put:
    """The row of a target: in its lane while something is to be done, out of it after.

    `key` is that of its row, where this was read.
    """
    due = targets.due(target, settle_after=settle)
    lane = keys.target_lane(target.channel, target.priority) if due else None
    if target.state is TargetState.WITHHELD:
        lane, due = keys.withheld_lane(target.channel), target.since
    return Put(
        key=key or keys.target(target.channel, target.facet, target.key),
        body=written(target),
        expected=expected,
        lane=lane,
        due=due,
        state=target.state,
    )
