"""A channel that takes the level of one location and refuses that of another."""

from collections.abc import Sequence
from copy import replace
from dataclasses import dataclass, field
from datetime import timedelta

from shared.flows.rechecks import reconsider
from shared.model.base import Json
from shared.model.ids import Entity, Facet
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.model.target import Outcome, Push, StockValue, TargetState, Verdict
from tests.factories import make_position, make_stock_card
from tests.flows.channel import FakeChannel
from tests.flows.world import World

SKU = "HAT-M"


@dataclass
class Choosy(FakeChannel):
    """Sets levels that differ where it `stocks` an article; `sent` are the places of each call."""

    stocks: set[str] = field(default_factory=lambda: {"london"})
    sent: list[list[str]] = field(default_factory=list)

    def push(self, facet: Facet, batch: Sequence[Push]) -> list[Outcome]:
        if facet is not Facet.STOCK:
            return super().push(facet, batch)
        return [self._set(push) for push in batch]

    def _set(self, push: Push) -> Outcome:
        wish, before = _levels(push.desired), _levels(push.published)
        changed = {place for place, level in wish.items() if before.get(place) != level}
        self.sent.append(sorted(changed))
        shown = before | {place: wish[place] for place in changed & self.stocks}
        value = StockValue(levels=dict(sorted(shown.items()))).model_dump(mode="json")
        self.shows[Facet.STOCK, push.key] = value
        lacking = ", ".join(sorted(changed - self.stocks))
        if not lacking:
            return Outcome(key=push.key, verdict=Verdict.APPLIED)
        return Outcome(
            key=push.key,
            verdict=Verdict.REJECTED,
            code="not_stocked",
            message=f"at {lacking}: not stocked",
            remedy="stock it there",
            shown=value if shown else None,
        )


def _levels(value: Json) -> dict[str, int]:
    return dict(StockValue.model_validate(value).levels) if value is not None else {}


class Divided(World):
    """Five hats in London and three in Leeds, where the channel does not stock them."""

    def __init__(self) -> None:
        super().__init__()
        self.channel = self.choosy = Choosy()
        self.publisher = replace(self.publisher, channel_client=self.choosy)
        self.know("M", units=0)
        self.lies(london=5, leeds=3)

    def lies(self, **units: int) -> None:
        self.clock.advance(seconds=1)
        places = tuple(make_position(location=p, on_hand=n) for p, n in sorted(units.items()))
        card = make_stock_card(sku=SKU, as_of=self.clock.now(), positions=places)
        self.apply(Entity.STOCK, card)
        self.settle()

    def shown(self) -> dict[str, int]:
        return _levels(self.choosy.shows[Facet.STOCK, SKU])


def test_one_location_is_set_and_the_other_is_the_exception() -> None:
    world = Divided()
    assert world.shown() == {"london": 5}
    target = world.target(Facet.STOCK)
    assert (target.state, target.published) == (TargetState.REJECTED, {"levels": {"london": 5}})
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == (IssueKind.LINE_REJECTED, "shop/stock/HAT-M")
    assert issue.summary == (
        "shop refused the stock of HAT-M in part: not_stocked at leeds: not stocked"
    )
    assert issue.remedy == "stock it there"


def test_a_location_that_was_set_goes_down_with_the_next_sale_all_the_same() -> None:
    world = Divided()
    world.lies(london=1, leeds=3)
    assert world.shown() == {"london": 1}
    assert world.target(Facet.STOCK).published == {"levels": {"london": 1}}
    assert world.choosy.sent == [["leeds", "london"], ["leeds", "london"]]
    assert world.open()[0].count == 2


def test_once_the_channel_is_mended_a_replay_sends_what_was_refused_alone() -> None:
    world = Divided()
    world.choosy.stocks.add("leeds")
    replay = world.open()[0].replay
    assert replay is not None
    reconsider(replay["target"], store=world.store, settle=timedelta(seconds=60))
    world.publish()
    assert world.shown() == {"london": 5, "leeds": 3}
    assert world.target(Facet.STOCK).state is TargetState.APPLIED


def test_once_the_file_is_mended_what_was_refused_goes_again_by_itself() -> None:
    world = Divided()
    calls = len(world.choosy.sent)
    world.settle()
    assert len(world.choosy.sent) == calls
    said = world.retailer.model_dump(mode="json")
    mended = Retailer.model_validate(said | {"retailer": "mended"})
    world.deriver = replace(world.deriver, retailer=mended)
    world.choosy.stocks.add("leeds")
    world.settle()
    assert world.shown() == {"london": 5, "leeds": 3}
    assert world.target(Facet.STOCK).state is TargetState.APPLIED
