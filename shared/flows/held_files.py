"""Dropped files that wait for approval, listed in one partition."""

from typing import Final

from shared.flows import import_run, keys
from shared.flows.import_run import Dropped, Run
from shared.model.base import Json, as_json
from shared.ports import Delete, Put, Store, Table, Write

LISTED: Final = 100


def listing(store: Store, dropped: Dropped, run: Run) -> Write:
    key = keys.held_file(dropped.name)
    row = store.get([key]).get(key)
    return Put(key, {"run": run.name}, row.rev if row else 0)


def gone(store: Store, dropped: Dropped) -> list[Write]:
    """What takes a file off the list, if it is on it."""
    key = keys.held_file(dropped.name)
    row = store.get([key]).get(key)
    return [Delete(key, row.rev)] if row else []


def waiting(store: Store) -> list[dict[str, Json]]:
    """Files that wait, with why; those that were dropped anew are not in doubt any more."""
    found: list[dict[str, Json]] = []
    for row in store.query(Table.CONTROL, keys.HELD_FILES, limit=LISTED):
        name = row.key.sk
        _, run = import_run.found(store, name)
        if run is not None and run.waits and run.name == row.body["run"]:
            survey = run.survey.model_dump(mode="json") if run.survey else None
            found.append(
                {
                    "file": name,
                    "run": run.name,
                    "dropped": run.as_of.isoformat(),
                    "reasons": as_json(run.held),
                    "survey": survey,
                }
            )
    return found
