"""A call whose prices look otherwise than a feed may: it becomes a dropped file, which is held.

So it waits, is listed, approved and applied like any file, from where it lies.
"""

import hashlib
import json
from collections.abc import Sequence

from shared.domain.feeds import Surveyor, shifted
from shared.errors import RejectedError
from shared.flows import keys
from shared.frozen import frozen
from shared.model.facts import PriceCard
from shared.model.feeds import Survey
from shared.model.policies import FeedLimits
from shared.model.price import PriceCondition
from shared.model.steps import Step
from shared.ports import Blobs, Store

type Read = Sequence[PriceCondition | RejectedError]


@frozen
class HeldCalls:
    store: Store
    files: Blobs
    limits: FeedLimits | None

    def reasons(self, connection: str, read: Read) -> tuple[Step, ...]:
        """Why nothing of these conditions may be applied before a person has said so."""
        if self.limits is None:
            return ()
        surveyor = Surveyor.of(Survey())
        cards = self._cards(connection, read)
        for line, one in enumerate(read, 1):
            if isinstance(one, RejectedError):
                surveyor.refuse(line, one)
            else:
                surveyor.read(1)
                card = cards.get(one.sku)
                surveyor.compare(line, one, card.conditions if card else ())
        return shifted(surveyor.survey, self.limits, before=None)

    def dropped(self, connection: str, listed: Sequence[object], *, caller: str, key: str) -> str:
        """Put the conditions down as a file of their own, the same at each repeat; its name."""
        named = hashlib.sha256(f"{caller}/{key}".encode()).hexdigest()[:16]
        name = f"drop/{connection}/price/calls/{named}.ndjson"
        lines = [json.dumps(one, default=str, ensure_ascii=False) for one in listed]
        self.files.put(name, "\n".join(lines).encode() + b"\n")
        return name

    def _cards(self, connection: str, read: Read) -> dict[str, PriceCard]:
        skus = {one.sku for one in read if isinstance(one, PriceCondition)}
        places = {keys.price(sku, connection): sku for sku in sorted(skus)}
        rows = self.store.get(places)
        return {places[key]: PriceCard.model_validate(row.body) for key, row in rows.items()}
