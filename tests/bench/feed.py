"""A whole file of prices, most of which say nothing new: taken in, derived and published.

The flows that run deployed, over stores in memory.
"""

import json
from collections.abc import Sequence

import httpx

from shared.flows import keys
from shared.flows.import_file import Importer
from tests.bench.catalogue import BASE, RAISED, Article, assortment
from tests.bench.limits import PLUS
from tests.fakes import MemoryFiles, MemoryQueues, SetClock
from tests.simulation.engine import HOUR
from tests.simulation.world import World

NAME = "drop/erp/price/all.csv"
EVERY = 20  # one row in so many is new
HEADER = "sku;price_list;kind;amount;currency;tax_basis;unit;valid_from;condition_id\r\n"


def pushed(rows: int) -> tuple[int, int]:
    """Lines a shop was sent, and rows that said something new."""
    shop = assortment(rows, PLUS)
    world, sent = shop.world, [0]

    def asked(connection: str, request: httpx.Request, response: object) -> None:
        del connection, response
        if request.url.path.endswith("/graphql.json"):
            variables = json.loads(request.content).get("variables") or {}
            sent[0] += len(variables.get("variants", ()))

    world.transports["shop"].changed.append(asked)
    new = shop.articles[::EVERY]
    with world.playing():
        _take_in(shop.world, _file(shop.articles, {one.sku for one in new}))
        world.engine.run(until_ms=world.engine.now_ms + 2 * HOUR, calm=lambda: world.calm)
    if shop.shown(RAISED) != len(new):
        raise AssertionError(f"{shop.shown(RAISED)} of {len(new)} new prices are shown")
    return sent[0], len(new)


def _file(articles: Sequence[Article], new: set[str]) -> bytes:
    rows = (
        f"{one.sku};retail;base;{_text(RAISED if one.sku in new else BASE)};GBP;gross;PC;"
        "2020-01-01T00:00:00Z;PR00\r\n"
        for one in articles
    )
    return "".join((HEADER, *rows)).encode()


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def _take_in(world: World, content: bytes) -> None:
    clock = SetClock(world.engine.now())
    files, queues = MemoryFiles(clock=clock), MemoryQueues()
    files.drop(NAME, content)
    issues, journal = world.stage.issues(), world.stage.blobs
    importer = Importer(world.store, files, queues, issues, clock, world.retailer, journal)
    version = files.read(NAME, start=0, length=1).version
    message = {"file": NAME, "version": version, "at": clock.now().isoformat()}
    importer.handle(message, out_of_time=lambda: False)
    while sent := queues.take(keys.IMPORT_QUEUE):
        run = importer.handle(dict(sent[0].body), out_of_time=lambda: False)
        if run is None or run.refused:
            raise AssertionError(f"the file was not taken in: {run}")
