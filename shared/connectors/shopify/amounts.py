"""Shopify's decimal strings as money."""

from shared.errors import RejectedError
from shared.model.money import Money


def money(text: str, currency: str, where: str) -> Money:
    """Read a decimal string; one that is no whole number of minor units is RejectedError."""
    try:
        return Money.parse(text, currency)
    except ValueError as error:
        raise RejectedError(
            f"{where}: {error}",
            code="bad_money",
            field=where,
            value=text,
            remedy="correct the amount in the shop",
        ) from error
