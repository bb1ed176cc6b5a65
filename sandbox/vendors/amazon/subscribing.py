"""What an application's owner can do about its notifications, by name."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from sandbox.vendors.amazon.subscriptions import VERSIONS
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.amazon.simulator import AmazonSimulator


def subscribe(
    sim: "AmazonSimulator", *, queue: str, types: Sequence[str] = ("ORDER_CHANGE",)
) -> Json:
    """Have notifications of these types sent to a queue, by its ARN; the id of its destination."""
    there = {one.queue: name for name, one in sim.seller.destinations.items()}
    if queue not in there:
        wish: dict[str, Json] = {"name": queue, "resourceSpecification": {"sqs": {"arn": queue}}}
        sim.subscriptions.create_destination(wish)
        there = {one.queue: name for name, one in sim.seller.destinations.items()}
    for kind in types:
        body: dict[str, Json] = {"payloadVersion": VERSIONS[kind], "destinationId": there[queue]}
        sim.subscriptions.create_subscription(kind, body)
    return there[queue]


def unsubscribe(
    sim: "AmazonSimulator", *, types: Sequence[str] | None = None, destinations: bool = False
) -> Json:
    """End subscriptions of these types, or all, and with them the application's destinations."""
    known = list(sim.seller.subscriptions)
    gone = [kind for kind in known if types is None or kind in types]
    for kind in gone:
        del sim.seller.subscriptions[kind]
    if destinations:
        sim.seller.destinations.clear()
    return list[Json](gone)


def subscriptions(sim: "AmazonSimulator") -> Json:
    """Type -> the ARN of the queue it is sent to; None where the destination is gone."""
    return {kind: sim.subscriptions.queue_of(kind) for kind in sim.seller.subscriptions}


COMMANDS: Final[dict[str, Callable[..., Json]]] = {
    command.__name__: command for command in (subscribe, unsubscribe, subscriptions)
}
