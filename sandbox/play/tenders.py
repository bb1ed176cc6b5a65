"""What each payment gave back, as the shop has it and as the trace of the order has it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any


def divided(paid: Sequence[Any], case: Any) -> list[tuple[object, object]]:
    """Pairs of what is and what must be, by gateway: in the shop's money, and as it was shown."""
    gave, shown = Counter[str](), Counter[str]()
    for one in paid:
        if one["kind"] == "REFUND":
            gave[one["gateway"]] += one["amount"]
            shown[one["gateway"]] += one["shown"]
    said, seen = Counter[str](), Counter[str]()
    for refund in case["refunds"]:
        for share in refund["shares"]["tenders"]:
            said[share["gateway"]] += share["amount"]["amount"]
            seen[share["gateway"]] += share.get("shopper", share["amount"])["amount"]
    return [(dict(said), dict(gave)), (dict(seen), dict(shown))]
