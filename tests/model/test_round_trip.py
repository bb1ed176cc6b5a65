"""What is written to a row, a queue or the bus is read back as it was."""

import json

from hypothesis import given
from pydantic import TypeAdapter

from shared.model.base import Canonical
from shared.model.events import BusinessEvent
from shared.model.facts import Card, PriceCard, ProductCard, StockCard
from shared.model.order import Order, Shipment
from shared.model.price import PriceCondition
from tests.factories import (
    make_case,
    make_hold,
    make_hold_card,
    make_issue,
    make_item_card,
    make_price_card,
    make_product_card,
    make_refund,
    make_shipment,
    make_stock_card,
    make_target,
)
from tests.strategies import (
    business_events,
    conditions,
    orders,
    price_cards,
    product_cards,
    shipments,
    stock_cards,
)

CARD = TypeAdapter[Card](Card)
EVENT = TypeAdapter[BusinessEvent](BusinessEvent)


def again[T: Canonical](model: T) -> T:
    """Through plain JSON, as a row keeps it."""
    return type(model).model_validate(json.loads(json.dumps(model.model_dump(mode="json"))))


@given(order=orders())
def test_an_order(order: Order) -> None:
    assert again(order) == order


@given(shipment=shipments())
def test_a_shipment(shipment: Shipment) -> None:
    assert again(shipment) == shipment


@given(condition=conditions())
def test_a_price_condition(condition: PriceCondition) -> None:
    assert again(condition) == condition


@given(card=product_cards() | price_cards() | stock_cards())
def test_a_card_is_known_by_its_kind(card: ProductCard | PriceCard | StockCard) -> None:
    assert CARD.validate_json(card.model_dump_json()) == card


@given(event=business_events())
def test_an_event_is_known_by_its_type(event: BusinessEvent) -> None:
    assert EVENT.validate_json(event.model_dump_json()) == event


def test_everything_else_that_is_kept() -> None:
    case = make_case(shipments=(make_shipment(),), refunds=(make_refund(),))
    cards = (make_item_card(), make_hold_card(make_hold()), make_product_card())
    more = (make_price_card(), make_stock_card())
    for model in (case, make_issue(), make_target(), *cards, *more):
        assert again(model) == model
