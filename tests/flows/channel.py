"""A channel in memory that shows what it is sent, and fails as it is told to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.order import Order, Shipment
from shared.model.product import Product
from shared.model.target import Outcome, Push, Verdict
from shared.ports import Page


@dataclass
class FakeChannel:
    """Shows what it is sent; `answers` and `errors` are used up first, one per call.

    `seen` lines are shown by one call, each kept in `read`; `meanwhile` is what happens, once,
    while it is asked, and `shipping` while it is told of a shipment. Products that were asked for
    by name are kept in `asked`.
    """

    shows: dict[tuple[Facet, str], Json] = field(default_factory=dict)
    calls: list[tuple[Facet, list[str]]] = field(default_factory=list)
    shipped: list[str] = field(default_factory=list)
    told: list[Shipment] = field(default_factory=list)
    shipping: list[Callable[[], None]] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    answers: list[Verdict] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    swallowed: bool = False
    seen: int = 2
    read: list[tuple[Facet, list[str]]] = field(default_factory=list)
    meanwhile: list[Callable[[], None]] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)

    def batches(self, facet: Facet, pushes: Sequence[Push]) -> list[list[Push]]:
        del facet
        return [list(pushes)] if pushes else []

    def push(self, facet: Facet, batch: Sequence[Push]) -> list[Outcome]:
        self.calls.append((facet, sorted(push.key for push in batch)))
        if self.errors and not self.swallowed:
            raise self.errors.pop(0)
        verdict = self.answers.pop(0) if self.answers else Verdict.APPLIED
        if verdict is Verdict.APPLIED:
            self.shows |= {(facet, push.key): push.desired for push in batch}
        if self.errors:
            raise self.errors.pop(0)
        return [
            Outcome(key=push.key, verdict=verdict, code="code", links=_links(facet, push, verdict))
            for push in batch
        ]

    def seen_at_once(self, facet: Facet) -> int:
        del facet
        return self.seen

    def shown(self, facet: Facet, pushes: Sequence[Push]) -> dict[str, Json]:
        self.read.append((facet, sorted(push.key for push in pushes)))
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return {
            push.key: self.shows[facet, push.key]
            for push in pushes
            if (facet, push.key) in self.shows
        }

    def listed(self, pushes: Sequence[Push]) -> dict[str, dict[str, str]]:
        """A product is there once any of its articles is shown."""
        self.asked.append(sorted(push.key for push in pushes))
        shown = {key for _, key in self.shows}
        products = [Product.model_validate(push.desired) for push in pushes]
        skus = [variant.sku for product in products for variant in product.variants]
        return {sku: {"variant": f"gid-{sku}"} for sku in skus if sku in shown}

    def orders_since(self, since: datetime | None, *, page: str | None) -> Page[Order]:
        del since, page
        return Page(list(self.orders.values()))

    def read_order(self, external_id: str) -> Order | None:
        return self.orders.get(external_id)

    def ship(self, order: Order, shipment: Shipment) -> Outcome:
        del order
        if self.errors:
            raise self.errors.pop(0)
        self.shipped.append(shipment.shipment_id)
        self.told.append(shipment)
        if self.shipping:
            self.shipping.pop(0)()
        verdict = self.answers.pop(0) if self.answers else Verdict.APPLIED
        return Outcome(key=shipment.shipment_id, verdict=verdict, message="said the shop")


def _links(facet: Facet, push: Push, verdict: Verdict) -> dict[str, dict[str, str]]:
    if facet is not Facet.CONTENT or verdict is not Verdict.APPLIED:
        return {}
    found = Product.model_validate(push.desired)
    return {variant.sku: {"variant": f"gid-{variant.sku}"} for variant in found.variants}
