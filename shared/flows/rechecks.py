"""Single targets that somebody asks to have sent or read back again."""

from datetime import datetime, timedelta

from shared.domain import targets
from shared.errors import RetryableError
from shared.flows.target_rows import target_put
from shared.model.target import Target, TargetState
from shared.ports import Key, Store, Table

TRIES = 6


def reconsider(name: str, *, store: Store, settle: timedelta) -> None:
    """Make a rejected target dirty again, so that the next drain sends it."""
    channel, facet, key = name.split("#", 2)
    place = Key(Table.TARGETS, f"{channel}#{facet}#{key}")
    row = store.get([place]).get(place)
    target = Target.model_validate(row.body) if row else None
    if row is not None and target is not None and target.state is TargetState.REJECTED:
        dirty = target.model_copy(update={"state": TargetState.DIRTY, "attempts": ()})
        store.commit([target_put(dirty, row.rev, settle=settle)])


def recheck(name: str, *, store: Store, settle: timedelta, now: datetime) -> None:
    """Have a target read back that the channel is known to have changed by itself."""
    channel, facet, key = name.split("#", 2)
    place = Key(Table.TARGETS, f"{channel}#{facet}#{key}")
    for _ in range(TRIES):
        row = store.get([place]).get(place)
        if row is None:
            return
        target = Target.model_validate(row.body)
        wait = target.state is TargetState.IN_DOUBT
        look_at = targets.due(target, settle_after=settle) if wait else None
        doubted = targets.changed_there(target, now=now, look_at=look_at)
        if store.commit([target_put(doubted, row.rev, settle=settle)])[0]:
            return
    raise RetryableError(f"target {name} is contended")
