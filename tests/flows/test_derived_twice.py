"""Two functions that derive one article at once: whichever writes last, the newest facts hold."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.flows import keys
from shared.flows.derive import Deriver
from shared.flows.stock_alone import moved
from shared.model.ids import Facet
from shared.ports import Key, Put, Row, Write
from tests.domain.stock_worlds import PLACES
from tests.domain.stock_worlds import retailer as ruled
from tests.fakes import MemoryStore
from tests.flows.test_stock_alone import SKU, change, know
from tests.flows.world import World

POOLS = {"shop": ("london", "leeds"), "market": ("leeds", "york"), "outlet": ("york",)}


class Interrupted(MemoryStore):
    """Somebody else has his turn at one of the calls."""

    def __init__(self, rows: MemoryStore, at: int, turn: Callable[[], None]) -> None:
        super().__init__()
        self._rows, self.written = rows._rows, rows.written  # noqa: SLF001 - the same rows
        self._left, self._turn = at, turn

    def end(self) -> None:
        """Whose turn has not come yet has it now."""
        if self._left > 0:
            self._turn()

    def _call(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._turn()

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        found = super().get(keys)
        self._call()
        return found

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        self._call()
        return super().commit(writes)


type Record = tuple[str, str | None]


class Streams:
    """The records of one article, handed to two functions in their order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.waiting: dict[bool, list[Record]] = {True: [], False: []}

    def write(self, step: tuple[Any, ...]) -> None:
        before = len(self.world.store.written)
        record = change(self.world, step)
        if len(self.world.store.written) > before:
            self.waiting[record[0] in LEVELS].append(record)

    def derive(self, store: MemoryStore, *, levels: bool) -> None:
        """What the function does that is handed the records of one kind."""
        records, self.waiting[levels] = self.waiting[levels], []
        if not records:
            return
        theirs = keys.OTHER_FACTS if levels else keys.LEVEL_FACTS
        ours = self.world
        deriver = Deriver(
            store, ours.queues, ours.issues, ours.clock, ours.retailer, ours.bus, theirs
        )
        deriver.derive([SKU], alone={SKU: moved(records)} if levels else {})


LEVELS = frozenset({"stock", "holds"})
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("stock", "holds", "item")), st.sampled_from(PLACES), st.integers(0, 9)
    ),
    min_size=1,
    max_size=3,
)


@given(before=STEPS, meanwhile=STEPS, at=st.integers(1, 5), levels=st.booleans())
@example(
    before=[("stock", "leeds", 8), ("item", "london", 1)],
    meanwhile=[("stock", "leeds", 5)],
    at=2,
    levels=False,
)
@example(
    before=[("item", "leeds", 3), ("stock", "leeds", 8)],
    meanwhile=[("item", "leeds", 0), ("stock", "leeds", 5)],
    at=2,
    levels=True,
)
@settings(max_examples=40)
@pytest.mark.parametrize("known", [True, False])
def test_what_two_derive_at_once_ends_as_the_newest_facts_imply(
    before: Sequence[tuple[Any, ...]],
    meanwhile: Sequence[tuple[Any, ...]],
    at: int,
    *,
    levels: bool,
    known: bool,
) -> None:
    """One function is at it, and at one of its calls the other does all it has to do.

    Of an article that has no basis, such as one that was not known yet, either reads everything.
    """
    world = World(ruled(rules=[{"cap": 12}], pools=POOLS))
    know(world, dict.fromkeys(PLACES, 5))
    world.derive()
    if not known:
        forget_bases(world)
    streams = Streams(world)
    for step in before:
        streams.write(step)

    def turn() -> None:
        for step in meanwhile:
            streams.write(step)
        streams.derive(world.store, levels=not levels)

    store = Interrupted(world.store, at, turn)
    streams.derive(store, levels=levels)
    store.end()
    for either in (True, False):
        streams.derive(world.store, levels=either)
    for key, desired in world.deriver.implied(["HAT-M"]).items():
        assert world.store.get([key])[key].body["desired"] == desired


def forget_bases(world: World) -> None:
    """As targets stand that were written before there were any."""
    for shop in POOLS:
        key = keys.target(shop, Facet.STOCK, "HAT-M")
        row = world.store.get([key])[key]
        body = {name: said for name, said in row.body.items() if name != "basis"}
        world.store.commit([Put(key, body, row.rev)])


@pytest.mark.parametrize(
    ("step", "levels", "again"),
    [
        (("price", 1499), False, []),
        (("item", "leeds", 3), False, ["stock#erp", "holds"]),
        (("stock", "leeds", 8), True, []),
    ],
)
def test_who_wrote_looks_only_at_what_the_other_derives_his_writing_from(
    step: tuple[Any, ...], again: list[str], *, levels: bool
) -> None:
    """Neither a price that changes nor a movement of an article with a basis asks once more."""
    world = World(ruled(pools=POOLS))
    know(world, dict.fromkeys(PLACES, 5))
    world.derive()
    streams = Streams(world)
    if step[0] == "price":
        world.price(step[1])
        streams.waiting[False].append(("price", None))
    else:
        streams.write(step)
    store = Asked(world.store)
    streams.derive(store, levels=levels)
    asked = [key.sk for key in store.asked if key.pk == SKU]
    assert asked[len(set(asked)) :] == again


class Asked(MemoryStore):
    """Remembers which rows were read."""

    def __init__(self, rows: MemoryStore) -> None:
        super().__init__()
        self._rows, self.written = rows._rows, rows.written  # noqa: SLF001 - the same rows
        self.asked: list[Key] = []

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        wanted = list(keys)
        self.asked += wanted
        return super().get(wanted)
