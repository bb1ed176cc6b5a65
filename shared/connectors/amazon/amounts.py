"""Amounts of money as Amazon writes them."""

from shared.connectors.amazon import schema
from shared.errors import RejectedError
from shared.model.money import Money


def money(theirs: schema.Money, currency: str, where: str) -> Money:
    """Read an amount; another currency, or a part of a minor unit, is RejectedError."""
    if theirs.currency_code != currency:
        raise RejectedError(
            f"{where}: {theirs.currency_code} instead of {currency}",
            code="currency",
            field=where,
            value=theirs.currency_code,
            remedy="set the channel's currency to the marketplace's",
        )
    return exact(theirs.amount, currency, where)


def exact(text: str, currency: str, where: str) -> Money:
    """A decimal as minor units; a part of one is RejectedError."""
    try:
        return Money.parse(text, currency)
    except ValueError as error:
        raise RejectedError(
            f"{where}: {error}",
            code="bad_money",
            field=where,
            value=text,
            remedy="report it to support",
        ) from error
