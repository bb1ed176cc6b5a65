"""What a story notes while it is played: times, figures, and what must hold."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.home import Steps
from shared.model.base import Json

TOLD = 20  # of what is wrong


@dataclass(slots=True)
class Record:
    """`wrong` holds a line for everything that is not as it must be."""

    steps: Steps
    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Json] = field(default_factory=dict)
    checks: list[dict[str, Json]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def timed(self, name: str, began: float) -> None:
        self.seconds[name] = round(time.monotonic() - began, 1)
        self.steps.took(name, self.seconds[name])

    def check(self, name: str, wrong: Iterable[str], *, of: int) -> None:
        """Of so many looked at, those that are wrong, a line for each."""
        found = list(wrong)
        self.wrong += found
        detail = f"{len(found)} of {of} differ" if found else f"all {of}"
        self.checks.append({"name": name, "ok": not found, "detail": detail})

    def result(self, began: float) -> dict[str, Json]:
        """As `shelfwire demo` tells it."""
        timings = {f"{name}, s": value for name, value in self.seconds.items()}
        return {
            "ok": not self.wrong,
            "seconds": round(time.monotonic() - began, 1),
            "figures": {**self.figures, **timings},
            "wrong": list[Json](self.wrong[:TOLD]),
            "checks": list[Json](self.checks),
        }


def reminder(rows: Iterable[Mapping[str, Any]]) -> str:
    """What a sandbox that stays up can be asked; `rows` are its table of orders."""
    order_id, sku = "ORDER", "SKU"
    for row in rows:
        case = json.loads(row["body"]["S"])
        if row["sk"]["S"] == "-" and case["erp_order"]:
            order_id, sku = row["pk"]["S"].removeprefix("order#"), case["order"]["lines"][0]["sku"]
            break
    return (
        f"the sandbox stays up: ask `shelfwire trace order {order_id}` "
        f"or `shelfwire trace sku {sku}`, and end it with `shelfwire down`"
    )
