"""A hundred movements of a hundred articles at rest, as a warehouse posts them at once.

The deployed handlers over the real adapters; only what boto3 would send goes nowhere.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import Any, Final, NamedTuple

from aws_lambda_powertools import Logger

from functions import bootstrap
from functions.derive import targets as derive_function
from functions.ingest import movements as movements_function
from shared.aws.blobs import S3Journal
from shared.aws.bus import EventBus
from shared.aws.queues import SqsQueues
from shared.aws.store import DynamoStore
from shared.domain import targets
from shared.domain.movement_rows import EntryReader
from shared.flows import keys
from shared.flows.apply import apply
from shared.flows.derive import Deriver
from shared.flows.issues import Issues
from shared.flows.ledger import Ledger
from shared.flows.target_rows import target_put
from shared.model.facts import PriceCard, ProductCard
from shared.model.ids import Entity
from shared.model.retailer import Retailer
from shared.model.target import Outcome, Target, Verdict
from shared.ports import Put, Store, Table, Write
from shared.settings import load_retailer
from tests.bench.stub_aws import StubAws
from tests.domain.world import NOW
from tests.fakes import MemoryBus, MemoryJournal, MemoryQueues, MemoryStore, SetClock, sized
from tests.flows.stock_world import AT
from tests.flows.world import base_price, product
from tests.simulation.standins import swapped

MANY: Final = 100
GLANCE: Final = Decimal("0.5")  # DynamoDB, "Read consistency": half a unit
SKUS: Final = tuple(f"HAT-{n:03}" for n in range(MANY))
CHANNELS: Final = ("shop", "outlet", "market", "auction")
PLACES: Final = ("leeds", "york", "bath", "kent")
TABLES: Final = {table: f"bench-{table}" for table in Table}

_HEAD: Final = """
retailer = "bench"
home_currency = "GBP"
stage = "sandbox"
authority = { product = "erp", price = "erp", stock = "wms" }

[[connections]]
name = "erp"
system = "sap-s4hana"
base_url = "http://127.0.0.1:9001"
secret = "erp"
settle_seconds = 60
limits = { points_per_second = 50, bucket = 100 }

[[price_lists]]
name = "retail"
currency = "GBP"
tax_basis = "gross"
conditions = { PR00 = "base" }

[[sources]]
name = "wms"
"""
_SHOP: Final = """
[[connections]]
name = "NAME"
system = "shopify"
base_url = "http://127.0.0.1:9002"
secret = "NAME"
settle_seconds = 60
limits = { points_per_second = 100, bucket = 2000 }

[[channels]]
name = "NAME"
connection = "NAME"
erp = "erp"
currency = "GBP"
tax_display = "gross"
price_lists = ["retail"]
locations = [PLACES]
"""


def retailer(*, shared: bool, channels: int = len(CHANNELS)) -> Retailer:
    """Four channels, all of which sell from Leeds, or each from a place of its own."""
    text = _HEAD
    for number, place in enumerate(PLACES, 1):
        ids = [f'{name} = "gid://shopify/Location/{number}"' for name in CHANNELS[:channels]]
        text += f'\n[[locations]]\nname = "{place}"\nexternal = {{ {", ".join(ids)} }}\n'
    for name, place in list(zip(CHANNELS, PLACES, strict=True))[:channels]:
        text += _SHOP.replace("NAME", name).replace("PLACES", f'"{PLACES[0] if shared else place}"')
    return load_retailer(text)


class CountingStore(MemoryStore):
    """Counts DynamoDB's units: a write for each begun kilobyte, and so again for the index row.

    A read is a unit of a row below four kilobytes, as all are here, and of one that is not there;
    of one that is glanced at, half of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.write_units = 0
        self.read_units = Decimal(0)
        self.lanes: set[object] = set()

    def get(self, keys: Any) -> Any:
        wanted = list(dict.fromkeys(keys))
        found = super().get(wanted)
        self.read_units += len(wanted)
        return found

    def glance(self, keys: Any) -> Any:
        wanted = list(dict.fromkeys(keys))
        found = MemoryStore.get(self, wanted)
        self.read_units += GLANCE * len(wanted)
        return found

    def commit(self, writes: Any) -> list[bool]:
        done = super().commit(writes)
        for write in writes:
            self._count(write)
        return done

    def commit_together(self, writes: Any) -> bool:
        for write in writes:
            self._count(write)
        return super().commit_together(writes)

    def _count(self, write: Write) -> None:
        units = 1
        if isinstance(write, Put):
            units += (sized(write)[0] - 1) // 1024
        indexed = isinstance(write, Put) and write.lane is not None
        was = write.key in self.lanes
        (self.lanes.add if indexed else self.lanes.discard)(write.key)
        self.write_units += units * (1 + (indexed or was))


@dataclass(slots=True)
class Hundred:
    """Articles that every channel shows as it should; `moved` is one receipt of each in Leeds."""

    retailer: Retailer
    store: CountingStore = field(default_factory=CountingStore)
    stub: StubAws = field(default_factory=partial(StubAws, TABLES))

    def __post_init__(self) -> None:
        clock, queues = SetClock(NOW), MemoryQueues()
        issues = Issues(self.store, MemoryBus(), clock)
        made = product(*(sku.removeprefix("HAT-") for sku in SKUS))
        prices = [
            PriceCard(source="erp", as_of=NOW, sku=sku, conditions=(base_price(1999, sku),))
            for sku in SKUS
        ]
        card = ProductCard(source="erp", as_of=NOW, product=made)
        for entity, cards in ((Entity.PRODUCT, [card]), (Entity.PRICE, prices)):
            apply(cards, entity=entity, store=self.store, issues=issues, retailer=self.retailer)
        reader = EntryReader(self.retailer, "wms")
        levels = [reader.level(_level(sku, place), as_of=NOW) for sku in SKUS for place in PLACES]
        ledger = Ledger(self.store, MemoryJournal(), queues, issues, clock, self.retailer)
        ledger.take(levels, source="wms")
        Deriver(self.store, queues, issues, clock, self.retailer).derive(
            f"sku#{sku}" for sku in SKUS
        )
        self._show()

    def _show(self) -> None:
        """Every target as its channel has confirmed it."""
        found = [key for key in dict.fromkeys(self.store.written) if key.table is Table.TARGETS]
        rows = self.store.get(found)
        puts = []
        for row in rows.values():
            target = Target.model_validate(row.body)
            applied = Outcome(key=target.key, verdict=Verdict.APPLIED)
            shown = targets.settle(
                target, applied, sent_version=1, sent_value=target.desired, now=NOW
            )
            puts.append(target_put(shown, row.rev, settle=timedelta()))
        self.store.commit(puts)
        self.stub.hold(self.store.get(dict.fromkeys(self.store.written)))

    @contextmanager
    def deployed(self, store: Store | None = None) -> Iterator[None]:
        """The composition root over boto3 that sends nothing, or over a store in memory."""
        stub = self.stub
        made = store or DynamoStore(stub.clients["dynamodb"], TABLES)
        clock = SetClock(NOW + timedelta(minutes=1))
        names = [keys.write_queue(c.name) for c in self.retailer.connections]
        names += [keys.read_queue(c.name) for c in self.retailer.connections]
        urls = {name: f"https://sqs.eu-west-1.amazonaws.com/1/{name}" for name in names}
        urls[keys.WAKE_QUEUE] = "https://sqs.eu-west-1.amazonaws.com/1/wake"
        bus = EventBus(stub.clients["events"], "news")
        root: dict[str, Callable[..., Any] | object] = {
            "logger": Logger(service="bench", stream=StringIO()),
            "clock": clock,
            "retailer": lambda: self.retailer,
            "store": lambda: made,
            "queues": lambda: SqsQueues(stub.clients["sqs"], urls),
            "bus": lambda: bus,
            "journal": lambda: S3Journal(stub.clients["s3"], "archive"),
            "issues": lambda: Issues(made, bus, clock),
        }
        with swapped(bootstrap, root):
            yield

    def post(self) -> Any:
        """The call, as API Gateway hands it over."""
        return movements_function.handler(_CALL, CONTEXT)

    def take(self) -> None:
        """What the call leads to, without what makes it repeatable."""
        reader = EntryReader(self.retailer, "wms")
        movements_function.ledger().take(
            [reader.movement(_receipt(sku)) for sku in SKUS], source="wms"
        )

    def derive(self) -> None:
        """The records of the call's writes, as the stream hands them over."""
        derive_function.handler(_RECORDS, CONTEXT)

    def move(self) -> None:
        """From now on the cards hold the movements, and no target does."""
        with self.deployed(self.store):
            self.take()
        read = self.store.read_units
        self.stub.hold(self.store.get(keys.stock(sku, "wms") for sku in SKUS))
        self.store.read_units = read  # what the stub is told is not read by anybody deployed


class Context(NamedTuple):
    """What a Lambda context offers the functions."""

    function_name: str = "bench"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:bench"
    aws_request_id: str = "request"


CONTEXT: Final[Any] = Context()


def _level(sku: str, place: str) -> dict[str, str]:
    said = {"sku": sku, "location": place, "unit": "PC", "on_hand": "40", "as_of": AT}
    return said | {"sequence": "0"}


def _receipt(sku: str) -> dict[str, str]:
    return {
        "movement_id": f"R-{sku}",
        "kind": "receipt",
        "sku": sku,
        "quantity": "5",
        "unit": "PC",
        "to_location": PLACES[0],
        "occurred_at": AT,
        "sequence": "1",
        "document": "PO-4711",
    }


_CALL: Final = {
    "routeKey": "POST /v1/movements",
    "headers": {"idempotency-key": "R-1"},
    "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": "warehouse"}}}},
    "body": json.dumps({"connection": "wms", "movements": [_receipt(sku) for sku in SKUS]}),
}
_RECORDS: Final = {
    "Records": [
        {
            "eventName": "MODIFY",
            "dynamodb": {
                "Keys": {"pk": {"S": f"sku#{sku}"}, "sk": {"S": "stock#wms"}},
                "NewImage": {"state": {"S": PLACES[0]}},
            },
        }
        for sku in SKUS
    ]
}
