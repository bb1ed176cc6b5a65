"""Webhook subscriptions, between the connector and the shop, each word held to Shopify's schema."""

from datetime import timedelta

import pytest

from shared.connectors.catalog import CATALOG
from shared.connectors.shopify.hints import ORDER_ID
from shared.errors import InDoubtError, RejectedError
from shared.model.base import Json
from tests.connectors.shopify.world import World, world

URL = "https://api.example/hooks/shop"
TOPICS = CATALOG["shopify"].topics


def subscribed() -> World:
    made = world(hooks_url=URL)
    made.simulator.control("subscribe", uri=URL)
    return made


def heard(made: World) -> Json:
    made.simulator.control("place_order", lines=[{"sku": "A", "title": "A", "price": "1.00"}])
    return [d.headers["x-shopify-topic"] for d in made.simulator.due(made.clock.now())]


def test_the_catalogue_names_the_topics_the_door_understands() -> None:
    assert tuple(ORDER_ID) == TOPICS


def test_one_call_says_that_every_topic_is_subscribed_to() -> None:
    made = subscribed()
    assert made.shop.unsubscribed() == []
    assert made.wire.operations() == ["Subscribed"]


def test_topics_of_another_address_are_missing() -> None:
    made = world(hooks_url=URL)
    made.simulator.control("subscribe", uri=f"{URL}2")
    assert list(made.shop.unsubscribed()) == list(TOPICS)


def test_more_subscriptions_than_a_page_holds_are_read_to_the_end() -> None:
    made = subscribed()
    made.simulator.control("unsubscribe", topics=["orders/create"])
    for number in range(30):
        made.simulator.subscriptions.add(f"app/{number}", URL)
    made.simulator.subscriptions.add("orders/create", URL)
    made.simulator.control("unsubscribe", topics=[f"app/{n}" for n in range(30)])
    assert made.shop.unsubscribed() == []


def test_topics_that_are_gone_are_missing_and_come_back() -> None:
    made = subscribed()
    gone = ["orders/create", "returns/approve"]
    made.simulator.control("unsubscribe", topics=list[Json](gone))
    assert made.shop.unsubscribed() == gone
    assert heard(made) == []
    for topic in gone:
        made.shop.subscribe(topic)
    assert made.shop.unsubscribed() == []
    assert heard(made) == ["orders/create"]


def test_a_topic_is_not_subscribed_to_twice() -> None:
    made = subscribed()
    made.shop.subscribe("orders/create")
    assert made.simulator.control("subscriptions") == dict.fromkeys(sorted(TOPICS), URL)
    assert heard(made) == ["orders/create"]


def test_a_refusal_names_the_topic_the_address_and_what_to_do() -> None:
    made = world(hooks_url=URL)
    made.simulator.control("deny_topics", topics=["returns/close"])
    with pytest.raises(RejectedError, match="returns/close: You cannot create") as refused:
        made.shop.subscribe("returns/close")
    assert (refused.value.field, refused.value.value) == ("settings.hooks_url", URL)
    assert refused.value.remedy


def test_a_lost_answer_leaves_a_doubt_that_looking_ends() -> None:
    made = subscribed()
    made.simulator.control("unsubscribe", topics=["orders/create"])
    made.wire.loses = "Subscribe"
    with pytest.raises(InDoubtError):
        made.shop.subscribe("orders/create")
    assert made.shop.unsubscribed() == []


def test_an_address_that_is_not_https_is_no_setting() -> None:
    with pytest.raises(RejectedError, match="hooks_url"):
        world(hooks_url="http://api.example/hooks/shop")


def failed_every_try(made: World) -> None:
    for _ in range(9):
        for delivery in made.simulator.due(made.clock.now()):
            made.simulator.answered(delivery, 500, made.clock.now())
        made.clock.at += timedelta(hours=4)


def test_shopify_drops_a_subscription_once_it_gives_a_delivery_up() -> None:
    made = subscribed()
    made.simulator.control("place_order", lines=[{"sku": "A", "title": "A", "price": "1.00"}])
    failed_every_try(made)
    assert made.shop.unsubscribed() == ["orders/create"]
    assert heard(made) == []


def test_shopify_keeps_what_the_app_s_own_file_subscribes_to() -> None:
    made = world()
    made.simulator.control("place_order", lines=[{"sku": "A", "title": "A", "price": "1.00"}])
    failed_every_try(made)
    assert made.counter("webhooks given up") == 1
    assert heard(made) == ["orders/create"]
