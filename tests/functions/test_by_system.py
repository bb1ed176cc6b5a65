"""What follows from the systems of channels, where the retailer's file says nothing."""

from functions import bootstrap
from shared.model.retailer import Retailer
from tests.factories import make_connection, retailer_fields


def selling_on(system: str, **orders: object) -> Retailer:
    fields = retailer_fields(
        connections=[make_connection(), make_connection(name="shop", system=system)]
    )
    fields["channels"][0]["orders"] = orders
    return bootstrap.by_system(Retailer.model_validate(fields))


def test_a_marketplace_collects_by_itself_and_a_shop_tells_of_its_captures() -> None:
    assert selling_on("amazon").channel("shop").orders.payments == "elsewhere"
    assert selling_on("shopify").channel("shop").orders.payments is None


def test_what_the_file_says_counts() -> None:
    assert selling_on("amazon", payments="told").channel("shop").orders.payments == "told"
    assert selling_on("shopify", payments="elsewhere").channel("shop").orders.payments
