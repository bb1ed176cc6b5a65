"""How others take in a movement, against the same store: a pattern, not a product.

Each movement by itself: looked for among those that were counted, its marker and the new position
in one transaction, the record of an idempotency layer before and after, and for each channel a row
and a message that carries the new level.
"""

from collections import Counter
from collections.abc import Sequence

from shared.flows import keys
from shared.model.ids import Facet
from shared.ports import Key, Put, Table
from tests.bench.hundred import MANY, SKUS, CountingStore, Hundred
from tests.bench.limits import TRANSACTION_UNITS
from tests.bench.spent import Spent


def naive_movements(hundred: Hundred) -> Spent:
    """What a hundred movements of a hundred articles take so."""
    store = hundred.store
    channels = [channel.name for channel in hundred.retailer.channels]
    before = store.write_units, store.read_units
    calls: Counter[str] = Counter()
    extra = sum(_moved(store, sku, channels, calls) for sku in SKUS)
    written, read = store.write_units - before[0], store.read_units - before[1]
    return Spent(calls, written + extra, read, invocations=MANY)


def _moved(store: CountingStore, sku: str, channels: Sequence[str], calls: Counter[str]) -> int:
    """Units beyond those of single writes: a transaction takes twice as many."""
    marker = Key(Table.CONTROL, f"marker#{sku}")
    record = Key(Table.CONTROL, f"idempotency#{sku}")
    position = keys.stock(sku, "wms")
    store.commit([Put(record, {"status": "in progress"}, 0)])
    row = store.get([position])[position]
    store.commit_together([Put(marker, {}, 0), Put(position, row.body, row.rev)])
    calls.update(PutItem=1, GetItem=1, TransactWriteItems=1)
    for name in channels:
        key = keys.target(name, Facet.STOCK, sku)
        old = store.get([key])[key]
        store.commit([Put(key, old.body, old.rev)])
        calls.update(GetItem=1, PutItem=1, SendMessageBatch=1)
    store.commit([Put(record, {"status": "completed"}, 1)])
    calls.update(PutItem=1)
    return TRANSACTION_UNITS
