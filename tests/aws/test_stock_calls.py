"""What a hundred movements of a hundred SKUs cost: calls to AWS, and DynamoDB's write units."""

import boto3
import pytest

from shared.aws.blobs import S3Journal
from shared.aws.config import config
from shared.aws.store import DynamoStore
from shared.domain.ledger import Verdict
from shared.flows import keys
from shared.flows.apply import apply
from shared.flows.derive import Deriver
from shared.flows.issues import Issues
from shared.flows.ledger import Ledger
from shared.flows.stock_alone import Moved
from shared.model.facts import PriceCard, ProductCard
from shared.model.ids import Entity, Facet
from shared.ports import Key, Table
from tests.aws.calls import CallCounter
from tests.aws.partiql import with_statements
from tests.aws.tables import create_tables
from tests.domain.world import NOW
from tests.fakes import MemoryBus, MemoryQueues, SetClock
from tests.flows.stock_world import STOCK_RETAILER, StockWorld, level, move
from tests.flows.world import base_price, product

MANY = 100
CALLS_MAX = 0.15  # of one movement: kept, derived and hinted
WRITE_UNIT = 1024  # bytes
LEEDS = Moved(frozenset({"leeds"}), holds=False)
SKUS = [f"HAT-{n:03}" for n in range(MANY)]


def asked(calls: CallCounter) -> int:
    """Calls of the store: what PartiQL does within moto is counted as the statement's call."""
    return calls["BatchGetItem"] + calls["BatchExecuteStatement"] + calls["Query"]


class Setup:
    def __init__(self) -> None:
        self.dynamo = with_statements(boto3.client("dynamodb", config=config()))
        self.s3 = boto3.client("s3", config=config())
        region = {"LocationConstraint": "eu-west-1"}
        self.s3.create_bucket(Bucket="archive", CreateBucketConfiguration=region)  # type: ignore[arg-type]
        self.tables = create_tables(self.dynamo)
        store = self.store = DynamoStore(self.dynamo, self.tables)
        self.queues, clock = MemoryQueues(), SetClock(NOW)
        issues = Issues(store, MemoryBus(), clock)
        journal = S3Journal(self.s3, "archive")
        self.ledger = Ledger(store, journal, self.queues, issues, clock, STOCK_RETAILER)
        self.deriver = Deriver(store, self.queues, issues, clock, STOCK_RETAILER)
        self._know(issues)

    def _know(self, issues: Issues) -> None:
        made = product(*(sku.removeprefix("HAT-") for sku in SKUS))
        prices = [
            PriceCard(source="erp", as_of=NOW, sku=sku, conditions=(base_price(1999, sku),))
            for sku in SKUS
        ]
        card = ProductCard(source="erp", as_of=NOW, product=made)
        for entity, cards in ((Entity.PRODUCT, [card]), (Entity.PRICE, prices)):
            apply(cards, entity=entity, store=self.store, issues=issues, retailer=STOCK_RETAILER)
        world = StockWorld()
        counted = [world.entry(level(sku=sku, sequence="0")) for sku in SKUS]
        self.ledger.take(counted, source="wms")
        self.deriver.derive(f"sku#{sku}" for sku in SKUS)

    def item(self, key: Key) -> dict[str, str]:
        found = self.dynamo.get_item(
            TableName=self.tables[key.table], Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}}
        )
        return {name: str(next(iter(v.values()))) for name, v in found["Item"].items()}


@pytest.mark.usefixtures("aws")
def test_a_hundred_movements_cost_no_more_calls_than_may_be() -> None:
    setup = Setup()
    world = StockWorld()
    moves = [
        world.entry(move(sku=sku, sequence="1", movement_id=f"m-{sku}", document="PO-4711"))
        for sku in SKUS
    ]
    calls, archived = CallCounter(setup.dynamo), CallCounter(setup.s3)
    sent = len(setup.queues.sent)
    taken = setup.ledger.take(moves, source="wms")
    assert set(taken.results) == {Verdict.COUNTED}
    assert asked(calls) == 1 + 4
    partitions = [f"sku#{sku}" for sku in SKUS]
    derived = setup.deriver.derive(partitions, alone=dict.fromkeys(partitions, LEEDS))
    assert derived.written == MANY
    hints = len(setup.queues.sent) - sent
    assert hints == 1
    assert (asked(calls) + hints) / MANY <= CALLS_MAX
    assert archived == {"PutObject": 1}


@pytest.mark.usefixtures("aws")
def test_a_card_kept_by_movements_takes_one_write_unit() -> None:
    setup = Setup()
    world = StockWorld()
    for n in range(1, 31):
        numbered = [
            world.entry(move(sku=SKUS[0], sequence=str(n), movement_id=f"m{n}")),
            world.entry(
                move(sku=SKUS[0], sequence=str(n), movement_id=f"y{n}", to_location="york")
            ),
        ]
        by_id = world.entry(move(sku=SKUS[1], movement_id=f"3f2a7c1e-{n}"))
        setup.ledger.take([*numbered, by_id], source="wms")
    for sku in SKUS[:2]:
        item = setup.item(keys.stock(sku, "wms"))
        assert sum(len(name) + len(value) for name, value in item.items()) <= WRITE_UNIT
    assert setup.item(keys.target("shop", Facet.STOCK, SKUS[0]))["pk"]
    assert Table.FACTS in setup.tables
