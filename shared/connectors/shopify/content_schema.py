"""Answers about products."""

from shared.connectors.shopify.schema import Connected, Identified, Theirs, UserError


class Named(Theirs):
    name: str


class SelectedOption(Theirs):
    name: str
    value: str


class Variant(Theirs):
    id: str
    sku: str | None = None
    barcode: str | None = None
    selected_options: tuple[SelectedOption, ...] = ()
    inventory_item: Identified


class SetProduct(Theirs):
    """The product as `productSet` answers it."""

    id: str
    variants: Connected[Variant]


class Product(SetProduct):
    handle: str
    title: str
    description_html: str
    vendor: str
    product_type: str
    status: str
    options: tuple[Named, ...]


class ProductProbe(Theirs):
    product: Identified | None


class ProductAnswer(Theirs):
    product: Product | None


class ProductSetPayload(Theirs):
    product: SetProduct | None = None
    user_errors: tuple[UserError, ...]


class ProductSetAnswer(Theirs):
    product_set: ProductSetPayload


class Refusals(Theirs):
    user_errors: tuple[UserError, ...]


class PublishAnswer(Theirs):
    publishable_publish: Refusals
