"""A shop whose prices have limits, and people who rule on what lies beyond them."""

from datetime import timedelta
from itertools import batched

from shared.flows.approvals import Approvals, Named, Said
from shared.flows.waiting import WaitingTold
from shared.model.base import Json
from shared.model.facts import PriceCard
from shared.model.ids import Entity, Facet
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind
from shared.model.steps import Decision
from shared.settings import load_retailer
from tests.domain.world import NOW, RETAILER_TOML
from tests.flows.world import World, base_price

HOUR = timedelta(hours=1)
LIMITS = 'guardrails = { max_rise = "40", max_fall = "30", max_markdown = "80" }'
PERSON = Said(Decision.APPROVED, by="anna", why="clearance")
REFUSAL = Said(Decision.REJECTED, by="ben", why="a typing error")


class Guarded(World):
    """A shop with limits, where HAT-M and HAT-S cost 19.99 and are shown."""

    def __init__(self, limits: str = LIMITS) -> None:
        super().__init__(load_retailer(RETAILER_TOML + limits))
        self.approvals = Approvals(self.store, self.clock, self.retailer)
        self.know("M", "S")
        self.turn()
        self.turn()

    def turn(self) -> None:
        """Derive and publish; a listing goes before its price, and that before its stock."""
        for _ in range(3):
            self.settle()

    def conditions(self, *conditions: PriceCondition, sku: str = "HAT-M") -> None:
        now = self.clock.now()
        card = PriceCard(source="erp", as_of=now, sku=sku, conditions=conditions)
        self.apply(Entity.PRICE, card)

    def reprice(self, amount: int, sku: str = "HAT-M") -> None:
        self.later(timedelta(seconds=1))
        self.price(amount, sku)
        self.turn()

    def later(self, by: timedelta) -> None:
        self.clock.at += by

    def shown(self, sku: str = "HAT-M") -> int:
        value = self.channel.shows[Facet.PRICE, sku]
        assert isinstance(value, dict)
        price = value["price"]
        assert isinstance(price, dict)
        return int(str(price["amount"]))

    def waiting(self) -> list[dict[str, Json]]:
        listed = self.approvals.page(None)["waiting"]
        assert isinstance(listed, list)
        return [one for one in listed if isinstance(one, dict)]

    def named(self, sku: str = "HAT-M") -> Named:
        (one,) = [one for one in self.waiting() if one["sku"] == sku]
        return Named("shop", sku, str(one["proposal"]))

    def rule(self, said: Said, sku: str = "HAT-M") -> str:
        (line,) = self.approvals.rule(said, [self.named(sku)])
        self.turn()
        return str(line["status"])

    def tell(self) -> None:
        WaitingTold(self.store, self.issues, self.retailer).run()


SHARE = 'guardrails = { max_share = "30", share_from = 2, window_minutes = 60 }'
SIZES = tuple(f"{number:02}" for number in range(20))


class Catalogue(Guarded):
    """A shop that shows twenty hats at 19.99."""

    def __init__(self, limits: str = SHARE) -> None:
        super().__init__(limits)
        self.know(*SIZES)
        self.turn()

    def moved(self, count: int, amount: int = 1899, *, at_once: int = 100) -> None:
        """So many hats cost something else; their changes come in batches of a stream."""
        self.later(timedelta(seconds=1))
        skus = [f"HAT-{size}" for size in SIZES[:count]]
        for sku in skus:
            self.price(amount, sku)
        for some in batched(skus, at_once, strict=False):
            self.deriver.derive(f"sku#{sku}" for sku in some)
        self.publish()

    def at(self, amount: int) -> int:
        return sum(self.shown(f"HAT-{size}") == amount for size in SIZES)


def promotion(amount: int, start: timedelta, end: timedelta, sku: str = "HAT-M") -> PriceCondition:
    return base_price(amount, sku).model_copy(
        update={
            "condition_id": f"VKA0-{sku}",
            "kind": PriceKind.PROMOTIONAL,
            "window": EffectiveWindow(start=NOW + start, end=NOW + end),
        }
    )


def rules(one: dict[str, Json]) -> list[str]:
    reasons = one["reasons"]
    assert isinstance(reasons, list)
    return [str(reason["rule"]) for reason in reasons if isinstance(reason, dict)]
