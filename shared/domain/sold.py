"""What a sale leaves of a level."""

from shared.model.retailer import Retailer


def stays_when_sold(retailer: Retailer) -> bool:
    """Whether a level may stay what it was although the channel sold of it, and took it off."""
    return bool(retailer.allocations or retailer.kits) or any(
        rule.cap is not None or rule.buffer_percent is not None for rule in retailer.stock_rules
    )
