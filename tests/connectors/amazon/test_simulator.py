"""The simulated Amazon refuses what Amazon refuses."""

import json
from datetime import timedelta

import httpx
import pytest

from sandbox.simulators import Standing, stand
from shared.connectors.amazon import jsontext
from shared.model.base import Json
from tests.connectors.amazon.contract import document_complaints
from tests.connectors.amazon.world import HOST, NOW, SECRET, UK, World, retailer, world
from tests.fakes import SetClock

ITEM = "/listings/2021-08-01/items/A3SELLER/HAT-M"
ITEMS = "/listings/2021-08-01/items/A3SELLER"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:market-notifications"
FEEDS = "/feeds/2021-06-30/feeds"
DOCUMENTS = "/feeds/2021-06-30/documents"
ORDERS = "/orders/2026-01-01/orders"
HERE = {"marketplaceIds": UK}


def token(there: World) -> str:
    form = {k: str(SECRET[k]) for k in ("client_id", "client_secret", "refresh_token")}
    grant = httpx.Request(
        "POST", f"{HOST}/auth/o2/token", data={"grant_type": "refresh_token", **form}
    )
    return str(there.simulator.handle(grant).json()["access_token"])


def asked(
    there: World,
    method: str,
    path: str,
    params: dict[str, str] | None = None,
    body: object = None,
    access: str | None = None,
) -> httpx.Response:
    access = token(there) if access is None else access
    content = b"" if body is None else jsontext.dumps(body).encode()
    headers = {"x-amz-access-token": access}
    request = httpx.Request(
        method, f"{HOST}{path}", params=params or {}, content=content, headers=headers
    )
    return there.simulator.handle(request)


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, str(response.json()["errors"][0]["code"])


def stock(**over: object) -> dict[str, object]:
    value = {"fulfillment_channel_code": "DEFAULT", "quantity": 3} | over
    patch = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": [value]}
    return {"productType": "LUGGAGE", "patches": [patch]}


def offer(**over: object) -> dict[str, object]:
    price = [{"schedule": [{"value_with_tax": 5}]}]
    value = {"marketplace_id": UK, "currency": "GBP", "our_price": price} | over
    patch = {"op": "replace", "path": "/attributes/purchasable_offer", "value": [value]}
    return {"productType": "LUGGAGE", "patches": [patch]}


@pytest.mark.parametrize("given", ["", "Atza|00000009"])
def test_without_a_token_nothing_is_answered(given: str) -> None:
    there = world()
    assert code(asked(there, "GET", ORDERS, access=given)) == (403, "Unauthorized")


def test_a_token_ends_after_an_hour() -> None:
    there = world()
    there.listed("HAT-M")
    access = token(there)
    there.clock.advance(minutes=59)
    assert asked(there, "GET", ITEM, HERE, access=access).status_code == 200
    there.clock.advance(minutes=1)
    assert asked(there, "GET", ITEM, HERE, access=access).status_code == 403


@pytest.mark.parametrize("body", [stock(), offer()])
def test_what_is_right_is_accepted(body: dict[str, object]) -> None:
    there = world()
    there.listed("HAT-M")
    assert asked(there, "PATCH", ITEM, HERE, body).json()["status"] == "ACCEPTED"


@pytest.mark.parametrize(
    "body",
    [
        stock(quantity=-1),
        stock(quantity="3"),
        stock(fulfillment_channel_code=""),
        offer(currency=""),
        offer(currency="EUR"),
        offer(marketplace_id="ELSEWHERE"),
        offer(our_price=[{"schedule": [{"value_with_tax": 0}]}]),
        offer(our_price=[{"schedule": [{"value_with_tax": "5.00"}]}]),
        offer(our_price=[]),
        {**stock(), "productType": "SHOES"},
    ],
)
def test_a_wrong_attribute_is_invalid_with_an_error_and_status_200(
    body: dict[str, object],
) -> None:
    there = world()
    there.listed("HAT-M")
    response = asked(there, "PATCH", ITEM, HERE, body)
    assert (response.status_code, response.json()["status"]) == (200, "INVALID")
    assert response.json()["issues"][0]["severity"] == "ERROR"
    there.clock.advance(minutes=1)
    assert (there.prices(), there.quantities()) == ({"HAT-M": 999}, {"HAT-M": 5})


@pytest.mark.parametrize(
    "body",
    [
        {"patches": stock()["patches"]},
        {"productType": "LUGGAGE"},
        {"productType": "LUGGAGE", "patches": []},
        {"productType": "LUGGAGE", "patches": [{"op": "set", "path": "/attributes/x"}]},
        {"productType": "LUGGAGE", "patches": [{"op": "replace", "path": "/attributes/a/b"}]},
        {"productType": "LUGGAGE", "patches": {"op": "replace"}},
        [],
    ],
)
def test_a_request_of_the_wrong_shape_is_refused(body: object) -> None:
    there = world()
    there.listed("HAT-M")
    assert code(asked(there, "PATCH", ITEM, HERE, body)) == (400, "InvalidInput")


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("GET", ITEM, {}),
        ("GET", ITEM, {"marketplaceIds": "ELSEWHERE"}),
        ("GET", ITEM, HERE | {"includedData": "everything"}),
        ("GET", ITEMS, HERE | {"identifiers": ",".join("x" * 21), "identifiersType": "SKU"}),
        ("GET", ITEMS, HERE | {"identifiers": "x"}),
        ("GET", ITEMS, HERE | {"pageSize": "21"}),
        ("GET", ORDERS, {}),
        ("GET", ORDERS, {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "createdAfter": "x"}),
        ("GET", ORDERS, {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "maxResultsPerPage": "101"}),
        ("GET", ORDERS, {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "includedData": "ALL"}),
        ("GET", ORDERS, {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "paginationToken": "x"}),
        (
            "GET",
            ORDERS,
            {
                "lastUpdatedAfter": "2026-11-01T00:00:00Z",
                "lastUpdatedBefore": "2026-11-23T08:59:00Z",
            },
        ),
        ("GET", FEEDS, {}),
    ],
)
def test_parameters_beyond_what_is_allowed_are_refused(
    method: str, path: str, params: dict[str, str]
) -> None:
    there = world()
    there.listed("HAT-M")
    assert code(asked(there, method, path, params)) == (400, "InvalidInput")


@pytest.mark.parametrize("path", [ITEM, f"{ORDERS}/1", f"{FEEDS}/1", f"{DOCUMENTS}/1"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert code(asked(world(), "GET", path, HERE)) == (404, "NotFound")


def test_a_page_is_continued_for_a_day_and_by_the_same_question_only() -> None:
    there = world()
    there.listed("HAT-M", quantity=50)
    for _ in range(3):
        there.ordered(lines=[{"sku": "HAT-M"}])
    asking = HERE | {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "maxResultsPerPage": "2"}
    first = asked(there, "GET", ORDERS, asking).json()
    following = {"paginationToken": first["pagination"]["nextToken"]}
    assert len(asked(there, "GET", ORDERS, asking | following).json()["orders"]) == 1
    other = asking | {"lastUpdatedAfter": "2026-11-02T00:00:00Z"}
    assert asked(there, "GET", ORDERS, other | following).status_code == 400
    there.clock.advance(hours=25)
    assert asked(there, "GET", ORDERS, asking | following).status_code == 400


def test_each_operation_is_throttled_by_itself() -> None:
    there = world()
    there.listed("HAT-M")
    access = token(there)
    answers = [asked(there, "PATCH", ITEM, HERE, stock(), access) for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert code(answers[-1]) == (429, "QuotaExceeded")
    assert "x-amzn-RateLimit-Limit" not in answers[-1].headers
    assert asked(there, "GET", ITEM, HERE, access=access).status_code == 200
    there.clock.at += timedelta(milliseconds=200)
    assert asked(there, "PATCH", ITEM, HERE, stock(), access).status_code == 200


def document(there: World) -> tuple[str, str]:
    made = asked(there, "POST", DOCUMENTS, body={"contentType": "application/json"}).json()
    return made["feedDocumentId"], made["url"]


def submitted(there: World, messages: list[object], **header: str) -> dict[str, object]:
    """The report of a feed of these messages."""
    name, url = document(there)
    head = {"sellerId": "A3SELLER", "version": "2.0"} | header
    content = json.dumps({"header": head, "messages": messages}).encode()
    assert there.simulator.handle(httpx.Request("PUT", url, content=content)).status_code == 200
    body = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [UK], "inputFeedDocumentId": name}
    feed_id = asked(there, "POST", FEEDS, body=body).json()["feedId"]
    there.clock.advance(hours=1)
    found: dict[str, object] = asked(there, "GET", f"{FEEDS}/{feed_id}").json()
    return found


def patched(number: int, sku: str = "HAT-M") -> dict[str, object]:
    return {"messageId": number, "sku": sku, "operationType": "PATCH", **stock()}


@pytest.mark.parametrize(
    "messages",
    [[], [patched(1), patched(1)], [patched(i + 1) for i in range(25_001)]],
    ids=["none", "the same number twice", "too many"],
)
def test_a_feed_that_breaks_the_rules_is_fatal(messages: list[object]) -> None:
    there = world()
    there.listed("HAT-M")
    assert submitted(there, messages)["processingStatus"] == "FATAL"
    assert there.quantities() == {"HAT-M": 5}


def test_of_a_feed_each_message_is_taken_by_itself() -> None:
    there = world()
    there.listed("HAT-M")
    feed = submitted(there, [patched(1, "NO-SUCH"), patched(2)])
    assert feed["processingStatus"] == "DONE"
    assert there.quantities() == {"HAT-M": 3}


@pytest.mark.parametrize(
    "over",
    [
        {"feedType": "POST_PRODUCT_PRICING_DATA"},
        {"marketplaceIds": []},
        {"marketplaceIds": [UK] * 26},
        {"inputFeedDocumentId": "nothing"},
    ],
)
def test_a_feed_is_created_only_as_the_rules_say(over: dict[str, Json]) -> None:
    there = world()
    name, url = document(there)
    there.simulator.handle(httpx.Request("PUT", url, content=b"{}"))
    body = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [UK], "inputFeedDocumentId": name}
    assert code(asked(there, "POST", FEEDS, body=body | over)) == (400, "InvalidInput")


def test_a_document_s_address_ends_after_five_minutes_and_takes_no_token() -> None:
    there = world()
    _, url = document(there)
    given = httpx.Request("PUT", url, content=b"{}", headers={"x-amz-access-token": "secret"})
    assert there.simulator.handle(given).status_code == 400
    there.clock.advance(minutes=6)
    assert there.simulator.handle(httpx.Request("PUT", url, content=b"{}")).status_code == 403


def test_a_finished_feed_is_told_as_amazon_tells_it() -> None:
    there = world()
    there.control("subscribe", queue=QUEUE, types=["FEED_PROCESSING_FINISHED"])
    there.listed("HAT-M")
    submitted(there, [patched(1)])
    [delivery] = there.simulator.due(there.clock.now())
    name = "notifications/FeedProcessingFinishedNotification.json"
    assert document_complaints(name, delivery.body) == []
    assert json.loads(delivery.body)["notificationType"] == "FEED_PROCESSING_FINISHED"


@pytest.mark.parametrize(
    "over",
    [
        {"packageReferenceId": 1},
        {"packageReferenceId": "A1"},
        {"packageReferenceId": "0"},
        {"carrierCode": "Other"},
        {"trackingNumber": None},
        {"shipDate": "02/21/2022"},
        {"orderItems": {"orderItemId": "x", "quantity": 1}},
        {"orderItems": []},
        {"orderItems": [{"orderItemId": "x", "quantity": 1}]},
    ],
)
def test_a_package_is_confirmed_only_as_the_rules_say(over: dict[str, Json]) -> None:
    there = world()
    there.listed("HAT-M")
    placed = there.ordered(lines=[{"sku": "HAT-M"}])
    [item] = there.simulator.seller.orders[str(placed["id"])].items
    detail = {
        "packageReferenceId": "1",
        "carrierCode": "DHL",
        "trackingNumber": "1",
        "shipDate": "2026-11-23T09:00:00Z",
        "orderItems": [{"orderItemId": item.item_id, "quantity": 1}],
    }
    path = f"/orders/v0/orders/{placed['id']}/shipmentConfirmation"
    wrong = {"marketplaceId": UK, "packageDetail": detail | over}
    assert asked(there, "POST", path, body=wrong).status_code == 400
    right = {"marketplaceId": UK, "packageDetail": detail}
    assert asked(there, "POST", path, body=right).status_code == 204


def test_a_shopper_gets_only_what_is_offered() -> None:
    there = world()
    there.listed("HAT-M", quantity=2)
    wish: Json = [{"sku": "HAT-M", "quantity": 2}]
    there.ordered(lines=wish)
    assert there.quantities() == {"HAT-M": 0}
    assert there.ordered(lines=wish) == {"sold_out": "HAT-M"}
    assert "id" in there.ordered(lines=wish, oversell=True)


def test_what_was_accepted_earlier_may_land_later() -> None:
    there = world()
    there.listed("HAT-M")
    there.control("slow_changes", seconds=600)
    access = token(there)
    asked(there, "PATCH", ITEM, HERE, stock(quantity=9), access)
    there.control("slow_changes", seconds=10)
    asked(there, "PATCH", ITEM, HERE, stock(quantity=1), access)
    there.clock.advance(seconds=20)
    assert there.quantities() == {"HAT-M": 1}
    there.clock.advance(minutes=10)
    assert there.quantities() == {"HAT-M": 9}


def test_an_article_on_sale_without_a_price_is_counted() -> None:
    there = world()
    there.listed("HAT-M", price=None, quantity=None)
    asked(there, "PATCH", ITEM, HERE, stock())
    assert there.counter("put on sale without a price") == 1


def test_an_unknown_command_names_those_there_are() -> None:
    with pytest.raises(LookupError, match="place_order"):
        world().control("explode")


def test_the_sandbox_can_stand_in_for_amazon() -> None:
    ours = retailer()
    how = stand("amazon")
    standing = Standing(
        connection="market", system="amazon", host="h", port=1, secret=how.secret(HOST)
    )
    vendor = how.make(standing, ours, SetClock(NOW))
    form = {k: str(standing.secret[k]) for k in ("client_id", "client_secret", "refresh_token")}
    grant = {"grant_type": "refresh_token", **form}
    url = str(standing.secret["token_url"])
    assert vendor.handle(httpx.Request("POST", url, data=grant)).status_code == 200
