"""The weekend promotion as it goes: what is asked of the world, what is seen, and what is wrong."""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any, Final

from sandbox.api import Api
from sandbox.play.quiet import imported, settle, targets
from sandbox.play.record import Record
from sandbox.retailer.day import Day
from sandbox.stories.weekend_prices import Book, Shown, csv
from sandbox.world import World
from shared.model.base import Json
from shared.model.ids import Facet

ERP, ENGINE = "erp", "engine"
PATIENCE_S: Final = 1800.0
SWITCHED_S: Final = 150.0  # how long a switch is waited for, at the least
LOOK_S: Final = 1.0
CALL: Final = 500
CHANGE: Final = "change every base price"  # the step that tells how fast this machine is


@dataclass(slots=True, kw_only=True)
class Weekend(Record):
    """The story on one world."""

    world: World
    day: Day
    book: Book
    chain: list[str] = field(default_factory=list)
    late: list[tuple[float, float]] = field(default_factory=list)

    @property
    def channels(self) -> list[str]:
        return list(self.book.windows)

    @property
    def skus(self) -> list[str]:
        return sorted(self.book.prices)

    @property
    def patience_s(self) -> float:
        """How long this machine gets to switch some prices: thrice what all of them took."""
        return max(SWITCHED_S, 3 * self.seconds.get(CHANGE, 0.0))

    def poll(self, entity: str) -> None:
        url = self.world.deployed.queues[f"{ERP}-read"]
        body = json.dumps({"poll": entity})
        self.world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=body)

    def settle(self, facet: Facet | None = None, *, wanted: int = 0) -> None:
        settle(self.world, within_s=PATIENCE_S, enough=lambda: self._there(facet, wanted))

    def _there(self, facet: Facet | None, wanted: int) -> bool:
        return facet is None or all(
            targets(self.world, facet, name) >= wanted for name in self.channels
        )

    def shown(self, channel: str) -> dict[str, Shown]:
        """What a shop shows of every article."""
        found: Any = self.world.controls.control(channel, "read_prices")
        return {sku: (one["price"], one["compare_at"]) for sku, one in found.items()}

    def differing(self, channel: str, skus: Iterable[str]) -> list[str]:
        """What a shop shows otherwise than it must by now."""
        wanted = self.book.every(channel, skus, datetime.now(UTC))
        shown = self.shown(channel)
        return [
            f"{channel} shows {shown.get(sku)} of {sku}, not {value}"
            for sku, value in wanted.items()
            if shown.get(sku) != value
        ]

    def switched(self, name: str, skus: list[str], due: Mapping[str, datetime]) -> None:
        """Wait until each shop has switched, and tell how late the first and the last was."""
        for channel, at in sorted(due.items(), key=lambda one: one[1]):
            time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
            self.awaited(f"{name} in {channel}", channel, skus)
            self._late(f"{name} in {channel}", channel, skus, at)

    def awaited(self, name: str, channel: str, skus: list[str]) -> None:
        """Wait until a shop shows what it must, and not for ever."""
        until = time.monotonic() + self.patience_s
        while (left := self.differing(channel, skus)) and time.monotonic() < until:
            time.sleep(LOOK_S)
        self.check(name, left, of=len(skus))

    def _late(self, name: str, channel: str, skus: list[str], due: datetime) -> None:
        at: Any = self.world.controls.control(channel, "priced_at")
        late = sorted((datetime.fromisoformat(at[sku]) - due).total_seconds() for sku in skus)
        self.figures[f"{name}: s late, first and last"] = f"{late[0]:.1f} and {late[-1]:.1f}"
        self.late.append((late[0], late[-1]))
        if late[0] < 0:
            self.wrong.append(f"{name}: {-late[0]:.1f} s early")

    def drop(self, name: str, rows: list[dict[str, str]]) -> None:
        """Drop a file, wait until it is taken in, and tell how long that took."""
        began = time.monotonic()
        s3 = self.world.deployed.aws.client("s3")
        key = f"drop/{ENGINE}/price/{name}.csv"
        s3.put_object(Bucket=self.world.deployed.files, Key=key, Body=csv(rows))
        while not imported(self.world, key) and time.monotonic() < began + self.patience_s:
            time.sleep(LOOK_S)
        self.figures[f"rows of {name}.csv"] = len(rows)
        self.figures[f"{name}.csv taken in after, s"] = round(time.monotonic() - began, 1)

    def post(self, rows: list[dict[str, str]]) -> None:
        pricing = Api(self.world.deployed, client="pricing")
        for some in batched(rows, CALL, strict=False):
            said = pricing.call(
                "POST",
                "v1",
                "prices",
                body={"connection": ENGINE, "conditions": list[Json](map(dict, some))},
                headers={"idempotency-key": str(uuid.uuid4())},
            )
            if said.get("accepted") != len(some):
                self.wrong.append(f"{said.get('refused')} posted prices were refused")
