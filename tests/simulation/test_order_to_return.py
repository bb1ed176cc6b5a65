"""The story of one order up to its last credit memo, told in virtual time."""

from dataclasses import dataclass
from typing import Any

from sandbox.home import Steps
from sandbox.stories.order_to_return import Telling, told
from shared.flows.issues import open_issues
from shared.flows.trace import Tracer
from shared.model.base import Json
from shared.model.ids import Entity, Facet
from tests.simulation.engine import MINUTE, START
from tests.simulation.faults import Faults
from tests.simulation.retailer import Setup
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Outside:
    """What the sandbox lets a story see and do, of a simulated world."""

    world: World

    @property
    def retailer(self) -> Any:
        return self.world.retailer

    @property
    def controls(self) -> "Outside":
        return self

    @property
    def api(self) -> "Outside":
        return self

    def control(self, name: str, command: str, /, **said: Json) -> Json:
        done: Json = self.world.vendors[name].control(command, **said)
        self.world.hear()
        return done

    def trace_order(self, order_id: str) -> Any:
        tracer = Tracer(self.world.store, self.world.retailer)
        return tracer.order(order_id, now=self.world.engine.now())

    def exceptions(self) -> list[dict[str, Json]]:
        return [{"summary": issue.summary} for issue in open_issues(self.world.store)]


class VirtualTelling(Telling):
    """Nothing is waited for: the world runs until it is calm."""

    def poll(self, entity: str, *, facet: Facet | None = None) -> None:
        del facet
        simulated: Any = self.world
        simulated.world.poll(self.erp, Entity(entity))
        self.settle()

    def settle(self) -> None:
        simulated: Any = self.world
        engine = simulated.world.engine
        engine.run(until_ms=engine.now_ms + MINUTE // 2)
        assert engine.run(until_ms=engine.now_ms + 30 * MINUTE, calm=lambda: simulated.world.calm)


def test_everything_comes_out_right_to_the_penny() -> None:
    world = World(1, Faults(1, on=(), given=()), setup=Setup(("shop",)), start=START)
    outside: Any = Outside(world)
    with world.playing():
        result = told(VirtualTelling(outside, Steps(), "shop", "erp"))
    assert result["wrong"] == []
    assert result["ok"]
    figures: Any = result["figures"]
    assert figures["both come to"] == "82.59"
