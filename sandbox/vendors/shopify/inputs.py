"""Arguments of the catalogue mutations, after GraphQL has checked them against the table."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Input(BaseModel):
    """Arguments of an operation, checked against the table before."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Identifier(Input):
    id: str | None = None
    handle: str | None = None


class OptionValue(Input):
    name: str


class Option(Input):
    name: str
    position: int | None = None
    values: tuple[OptionValue, ...] = ()


class Chosen(Input):
    option_name: str
    name: str


class ItemInput(Input):
    sku: str | None = None
    tracked: bool | None = None
    cost: str | None = None


class LevelInput(Input):
    location_id: str
    name: str
    quantity: int


class VariantInput(Input):
    id: str | None = None
    sku: str | None = None
    barcode: str | None = None
    option_values: tuple[Chosen, ...] = ()
    inventory_item: ItemInput | None = None
    inventory_quantities: tuple[LevelInput, ...] | None = None


class ProductInput(Input):
    title: str | None = None
    handle: str | None = None
    description_html: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    status: str | None = None
    tags: tuple[str, ...] | None = None
    product_options: tuple[Option, ...] | None = None
    variants: tuple[VariantInput, ...] | None = None
