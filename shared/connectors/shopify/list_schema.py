"""Answers about price lists."""

from shared.connectors.shopify.schema import Connected, Identified, Theirs, UserError


class Amount(Theirs):
    """A decimal string and its currency."""

    amount: str
    currency_code: str


class Break(Theirs):
    minimum_quantity: int
    price: Amount


class FixedPrice(Theirs):
    variant: Identified
    price: Amount
    compare_at_price: Amount | None = None
    quantity_price_breaks: Connected[Break] = Connected[Break].model_construct()


class FixedSetPayload(Theirs):
    prices: tuple[FixedPrice, ...] | None = None
    user_errors: tuple[UserError, ...]


class FixedSetAnswer(Theirs):
    price_list_fixed_prices_add: FixedSetPayload


class FixedDeletePayload(Theirs):
    deleted_fixed_price_variant_ids: tuple[str, ...] | None = None
    user_errors: tuple[UserError, ...]


class FixedDeleteAnswer(Theirs):
    price_list_fixed_prices_delete: FixedDeletePayload


class QuantitySetPayload(Theirs):
    product_variants: tuple[Identified, ...] | None = None
    user_errors: tuple[UserError, ...]


class QuantitySetAnswer(Theirs):
    quantity_pricing_by_variant_update: QuantitySetPayload


class PriceList(Theirs):
    currency: str
    prices: Connected[FixedPrice]


class FixedReadAnswer(Theirs):
    price_list: PriceList | None = None
