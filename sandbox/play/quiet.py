"""When is everything done: nothing dirty, nothing queued, nothing on its way."""

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ReadTimeoutError

from sandbox.failures import CannotRunError
from sandbox.world import World
from shared.flows import keys
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.issue import IssueKind
from shared.model.target import TargetState

LOOK_S = 0.5
WAITING = ("waiting", "webhooks waiting", "notifications waiting")  # as each vendor counts it
CALM = 3  # looks in a row that must find nothing
MINUTES_S = 150.0  # what waits no more is told by the minute


TOLD_S = 30.0  # between two words of what still moves


@dataclass(frozen=True, slots=True)
class Busy:
    """What still moves, by where: messages, dirty targets, open cases, deliveries."""

    queued: int
    due: int
    received: int
    waiting: int

    @property
    def calm(self) -> bool:
        return not (self.queued or self.due or self.received or self.waiting)

    def __str__(self) -> str:
        counts = {
            "messages queued": self.queued,
            "rows due": self.due,
            "deliveries to read": self.received,
            "webhooks to send": self.waiting,
        }
        return ", ".join(f"{what} {count}" for what, count in counts.items() if count) or "nothing"


def look(world: World, *, apart: Collection[str] = ()) -> Busy:
    """What moves; while messages do, the tables, which are dear to count, are not asked.

    `apart` are queues whose messages may wait: `wake` holds instants that are near.
    """
    names = world.deployed.queues.keys() - set(apart)
    queued = sum(_queued(world, name) for name in names)
    if queued:
        return Busy(queued, due=0, received=0, waiting=0)
    return Busy(
        queued=0,
        due=_counted(world, "targets", lanes=True) + _counted(world, "orders", lanes=True),
        received=_received(world),
        waiting=_waiting(world),
    )


def settle(
    world: World,
    *,
    within_s: float,
    enough: Callable[[], bool] = lambda: True,
    apart: Collection[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> float:
    """Wait until nothing moves any more and `enough` holds; how many seconds it took.

    `say` is told now and then what still moves.
    """
    began = told = time.monotonic()
    calm = 0
    while calm < CALM:
        try:
            busy = look(world, apart=apart)
        except ReadTimeoutError:  # a machine that has no time to answer has much to do
            busy = Busy(queued=1, due=0, received=0, waiting=0)
        calm = calm + 1 if busy.calm else 0
        if calm == CALM and not enough():
            calm = 0
        if time.monotonic() - began > within_s:
            raise CannotRunError(
                f"after {within_s:.0f} s there is still: {busy}",
                f"see {world.home.shown('cloud.log')}",
            )
        if not busy.calm and time.monotonic() - told > TOLD_S:
            told = time.monotonic()
            say(f"  after {told - began:.0f} s there is still: {busy}")
        time.sleep(LOOK_S)
    return time.monotonic() - began


def _queued(world: World, name: str) -> int:
    answer = world.deployed.aws.sqs.get_queue_attributes(
        QueueUrl=world.deployed.queues[name], AttributeNames=["All"]
    )
    said = answer["Attributes"]
    return (
        int(said["ApproximateNumberOfMessages"])
        + int(said["ApproximateNumberOfMessagesNotVisible"])
        + int(said["ApproximateNumberOfMessagesDelayed"])
    )


def _counted(world: World, table: str, *, lanes: bool) -> int:
    request: dict[str, Any] = {"TableName": world.deployed.tables[table], "Select": "COUNT"}
    if lanes:  # what a shadow withholds, what is reserved and what nobody knows rest in lanes too
        request |= {
            "IndexName": "due",
            "FilterExpression": "(attribute_not_exists(#s) OR #s <> :withheld)"
            " AND #lane <> :reserved AND #lane <> :short AND #lane <> :returned"
            " AND #lane <> :reported AND #lane <> :despatch",
            "ExpressionAttributeNames": {"#s": "state", "#lane": "lane"},
            "ExpressionAttributeValues": {
                ":withheld": {"S": TargetState.WITHHELD},
                ":reserved": {"S": keys.RESERVATION_LANE},
                ":short": {"S": keys.SHORT_LANE},
                ":returned": {"S": keys.RETURNED_LANE},
                ":reported": {"S": keys.REPORTED_LANE},
                ":despatch": {"S": keys.DESPATCH_LANE},
            },
        }
    return sum(page["Count"] for page in _scan(world, request))


def imported(world: World, name: str) -> bool:
    """Whether a dropped file has been taken in to its end."""
    found = world.deployed.aws.dynamodb.get_item(
        TableName=world.deployed.tables["control"],
        Key={"pk": {"S": f"file#{name}"}, "sk": {"S": "-"}},
    ).get("Item")
    return bool(found and json.loads(found["body"]["S"])["done"])


def armed(world: World) -> int:
    """How many SKUs the clock is to wake at some instant."""
    return _counted(world, "facts", lanes=True)


def targets(world: World, facet: Facet, channel: str = "") -> int:
    """How many targets of a facet there are by now, of a channel or of the first."""
    channel = channel or world.retailer.channels[0].name
    request = {
        "TableName": world.deployed.tables["targets"],
        "Select": "COUNT",
        "FilterExpression": "begins_with(pk, :begin)",
        "ExpressionAttributeValues": {":begin": {"S": f"{channel}#{facet}#"}},
    }
    return sum(page["Count"] for page in _scan(world, request))


def _received(world: World) -> int:
    request = {
        "TableName": world.deployed.tables["inbox"],
        "Select": "COUNT",
        "FilterExpression": "#s = :received",
        "ExpressionAttributeNames": {"#s": "state"},
        "ExpressionAttributeValues": {":received": {"S": "received"}},
    }
    return sum(page["Count"] for page in _scan(world, request))


def _waiting(world: World) -> int:
    total = 0
    for vendor in world.plan.vendors:
        counts = counters(world, vendor.connection)
        total += sum(int(str(counts.get(name, 0))) for name in WAITING)
    return total


def counters(world: World, connection: str) -> dict[str, Json]:
    system = world.plan.vendor(connection).system
    name = "counts" if system == "sap-s4hana" else "counters"
    found = world.controls.control(connection, name)
    return found if isinstance(found, dict) else {}


def bodies(world: World, table: str) -> Iterator[dict[str, Any]]:
    """Every item of a table, as DynamoDB keeps it."""
    request = {"TableName": world.deployed.tables[table]}
    for page in _scan(world, request):
        yield from page["Items"]


def states(world: World, table: str) -> Counter[str]:
    return Counter(item["state"]["S"] for item in bodies(world, table) if "state" in item)


def _scan(world: World, request: dict[str, Any]) -> Iterator[Any]:
    yield from world.deployed.aws.dynamodb.get_paginator("scan").paginate(**request)


def open_at_last(world: World, *, without: Collection[IssueKind] = ()) -> list[str]:
    """What is said of exceptions that no minute ends; `without` are kinds that may stay open."""
    until = time.monotonic() + MINUTES_S
    while True:
        listed = world.api.exceptions()
        found = [str(one["summary"]) for one in listed if one["kind"] not in without]
        if not found or time.monotonic() > until:
            return found
        time.sleep(LOOK_S)
