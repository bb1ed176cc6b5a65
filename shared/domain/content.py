"""Whether the ERP stored the order that was sent to it, line by line."""

from collections.abc import Mapping

from shared.model.order import Order


def differing(order: Order, stored: Mapping[str, int]) -> str:
    """Lines of which the ERP holds other units, named; empty if none, or if it does not say."""
    if not stored:
        return ""
    ordered = {line.line_id: line.quantity for line in order.lines}
    return ", ".join(
        f"line {line_id}: {ordered.get(line_id, 0)} ordered, {stored.get(line_id, 0)} stored"
        for line_id in dict.fromkeys((*ordered, *stored))
        if ordered.get(line_id, 0) != stored.get(line_id, 0)
    )
