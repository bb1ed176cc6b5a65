"""Answers about prices of variants."""

from shared.connectors.shopify.schema import Theirs, UserError


class PricedVariant(Theirs):
    """Money is a decimal string in the shop's currency."""

    id: str
    price: str
    compare_at_price: str | None = None


class PricesSetPayload(Theirs):
    product_variants: tuple[PricedVariant, ...] | None = None
    user_errors: tuple[UserError, ...]


class PricesSetAnswer(Theirs):
    product_variants_bulk_update: PricesSetPayload


class PricesAnswer(Theirs):
    nodes: tuple[PricedVariant | None, ...]
