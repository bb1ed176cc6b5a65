"""Three hats that a shop has shown for an hour, and whoever compares them."""

from collections.abc import Mapping
from datetime import timedelta

from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.compare import Comparer
from shared.flows.findings import Findings
from shared.model.base import Json
from shared.model.channel_events import ReconciliationFinding
from shared.model.ids import Entity, Facet
from shared.model.order import Order
from shared.model.parity import Comparison
from shared.model.policies import ParityPolicy, Repair
from shared.ports import Put
from tests.domain.world import RETAILER
from tests.flows.world import World, order

SIZES = ("L", "M", "S")


def pounds(amount: int) -> Json:
    return {"price": {"amount": amount, "currency": "GBP"}, "compare_at": None}


def levels(**units: int) -> Json:
    return {"levels": dict(units)}


class Compared(World):
    """Three hats on the shop for an hour, and whoever compares them."""

    def __init__(self, policy: Repair = Repair.ASK) -> None:
        channel = RETAILER.channel("shop").model_copy(
            update={"parity": ParityPolicy(price=policy, stock=policy)}
        )
        super().__init__(RETAILER.model_copy(update={"channels": (channel,)}))
        self.know(*SIZES)
        self.settle()
        self.rest()
        self.out_of_time = False
        self.comparer = Comparer(
            connection="shop",
            channel_client=self.channel,
            store=self.store,
            queues=self.queues,
            issues=self.issues,
            findings=Findings("shop", self.issues, self.bus, self.clock),
            deriver=self.deriver,
            clock=self.clock,
            retailer=self.retailer,
        )
        self.polls, self.polled = 0, True

    def rest(self) -> None:
        """An hour passes, and nobody remembers what was called."""
        self.clock.advance(hours=1)
        self.channel.calls.clear()
        self.channel.read.clear()
        self.queues.sent.clear()
        self.bus.events.clear()

    def handle(self, **message: str) -> Comparison | None:
        return self.comparer.handle(message, out_of_time=lambda: self.out_of_time)

    def compare(self, facet: Facet = Facet.PRICE) -> Comparison:
        """Begin, and turn the queue until it is finished."""
        self.handle(compare=facet.value)
        return self.finish()

    def finish(self) -> Comparison:
        while message := self.next():
            found = self.step(message)
            if found is not None:
                return found
        raise AssertionError("the comparison ended without a word")

    def next(self) -> Mapping[str, str]:
        waiting = self.queues.take("shop-read")
        for message in waiting:
            if "poll" in message.body:
                self.poll()
        return next((m.body for m in waiting if "compare" in m.body), {})

    def step(self, message: Mapping[str, str]) -> Comparison | None:
        """What the function does around it: a deferred message comes back."""
        try:
            return self.handle(**message)
        except RetryableError as error:
            self.clock.at += error.after or timedelta(seconds=1)
            for waiting in self.queues.take("shop-read"):
                if "poll" in waiting.body:
                    self.poll()
            return self.step(message)

    def poll(self) -> None:
        """Every order placed until now is taken in."""
        self.polls += 1
        if not self.polled:
            return
        for placed in self.channel.orders.values():
            self.capture.take(placed)
        self.derive()
        key = keys.cursor("shop", Entity.ORDER)
        row = self.store.get([key]).get(key)
        body: dict[str, Json] = {"done": self.clock.now().isoformat(), "heard": ""}
        self.store.commit([Put(key, body, row.rev if row else 0)])

    def edit(self, value: Json, sku: str = "HAT-M", facet: Facet = Facet.PRICE) -> None:
        self.channel.shows[facet, sku] = value

    def sell(self, units: int) -> Order:
        """A shopper buys: the channel lowers its level at once."""
        placed = order(("HAT-M", units))
        self.channel.orders["77"] = placed
        self.edit(levels(london=10 - units, leeds=0), facet=Facet.STOCK)
        return placed

    def shows(self, sku: str = "HAT-M", facet: Facet = Facet.PRICE) -> Json:
        return self.channel.shows[facet, sku]


def findings(world: Compared) -> list[tuple[str, str | None, int]]:
    return [
        (event.cause, event.repair, event.count)
        for event in world.bus.events
        if isinstance(event, ReconciliationFinding)
    ]
