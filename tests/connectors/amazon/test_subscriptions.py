"""Our queue as a destination of the application, and what a seller's account sends to it."""

from collections.abc import Callable

import httpx
import pytest

from shared.connectors.amazon.subscriptions import TOPICS, Subscriptions
from shared.connectors.catalog import CATALOG
from shared.errors import AccessError, InDoubtError, RejectedError
from tests.connectors.amazon.world import HOST, World, world

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:market-notifications"
OTHER = "arn:aws:sqs:eu-west-1:210987654321:somebody-else"
DESTINATIONS = "/notifications/v1/destinations"
SUBSCRIPTION = "/notifications/v1/subscriptions/ORDER_CHANGE"


def ours(there: World) -> Subscriptions:
    return there.market.told_in(QUEUE)


def leads(there: World) -> object:
    return there.control("subscriptions")


def subscribed(there: World) -> Subscriptions:
    made = ours(there)
    for topic in made.unsubscribed():
        made.subscribe(topic)
    return made


def test_the_first_time_the_queue_is_made_a_destination_and_every_topic_leads_there() -> None:
    there = world()
    made = ours(there)
    assert made.unsubscribed() == list(TOPICS) == list(CATALOG["amazon"].topics)
    subscribed(there)
    assert leads(there) == dict.fromkeys(TOPICS, QUEUE)
    assert made.unsubscribed() == []


def test_where_all_is_well_looking_takes_two_calls_and_makes_nothing() -> None:
    there = world()
    made = subscribed(there)
    there.wire.sent.clear()
    assert made.unsubscribed() == []
    assert there.wire.paths() == [f"GET {DESTINATIONS}", f"GET {SUBSCRIPTION}"]


def test_a_subscription_that_vanished_is_made_anew_for_the_destination_there_is() -> None:
    there = world()
    made = subscribed(there)
    there.control("unsubscribe")
    assert made.unsubscribed() == list(TOPICS)
    there.wire.sent.clear()
    subscribed(there)
    assert f"POST {DESTINATIONS}" not in there.wire.paths()
    assert leads(there) == dict.fromkeys(TOPICS, QUEUE)


def test_a_destination_that_vanished_with_them_is_made_anew_too() -> None:
    there = world()
    subscribed(there)
    there.control("unsubscribe", destinations=True)
    subscribed(there)
    assert leads(there) == dict.fromkeys(TOPICS, QUEUE)


def test_what_exists_is_not_made_twice() -> None:
    there = world()
    made = subscribed(there)
    made.subscribe("ORDER_CHANGE")
    assert there.counter("createSubscription") == 1
    assert there.counter("createDestination") == 1


def test_one_that_leads_elsewhere_is_left_and_named() -> None:
    there = world()
    there.control("subscribe", queue=OTHER)
    made = ours(there)
    assert made.unsubscribed() == ["ORDER_CHANGE"]
    with pytest.raises(RejectedError) as refused:
        made.subscribe("ORDER_CHANGE")
    assert refused.value.code == "subscribed_elsewhere"
    assert refused.value.value
    assert "delete the subscription 00000000-" in str(refused.value.remedy)
    assert leads(there) == {"ORDER_CHANGE": OTHER}


@pytest.mark.parametrize("known", [False, True], ids=["destination", "subscription"])
def test_a_lost_answer_is_in_doubt_and_the_next_look_finds_what_took_effect(
    known: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    there = world()
    if known:
        there.control("subscribe", queue=QUEUE, types=[])
    there.control("timeout_after_commit")
    with pytest.raises(InDoubtError):
        subscribed(there)
    subscribed(there)
    assert leads(there) == dict.fromkeys(TOPICS, QUEUE)
    assert there.counter("createSubscription") == 1
    assert there.counter("createDestination") == (0 if known else 1)


def test_an_application_without_the_role_is_an_access_error() -> None:
    there = world()
    denied = {"errors": [{"code": "Unauthorized", "message": "denied", "details": ""}]}
    there.wire.next = [httpx.Response(403, json=denied)] * 2
    with pytest.raises(AccessError):
        ours(there).unsubscribed()


def test_a_type_that_is_refused_says_what_to_grant() -> None:
    there = world()
    body = {"errors": [{"code": "InvalidInput", "message": "not yours", "details": ""}]}
    there.wire.next = [None, None, httpx.Response(400, json=body)]
    with pytest.raises(RejectedError, match="not yours") as refused:
        ours(there).subscribe("ORDER_CHANGE")
    assert "role" in str(refused.value.remedy)


@pytest.mark.parametrize(
    ("settings", "watched"),
    [({}, True), ({"subscribe": True}, True), ({"subscribe": False}, False)],
)
def test_subscriptions_are_looked_at_unless_the_file_says_not_to(
    settings: dict[str, object],
    watched: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert CATALOG["amazon"].watched(settings) is watched
    assert CATALOG["shopify"].watched(settings) is False
    assert CATALOG["shopify"].watched({"hooks_url": "https://api.example/hooks/shop"}) is True
    assert CATALOG["sap-s4hana"].watched({"subscribe": True}) is False


# What the simulator enforces


def token(there: World, form: dict[str, str]) -> httpx.Response:
    form = {"client_id": "client", "client_secret": "secret"} | form
    return there.simulator.handle(httpx.Request("POST", f"{HOST}/auth/o2/token", data=form))


def grantless(there: World) -> str:
    scope = "sellingpartnerapi::notifications"
    answer = token(there, {"grant_type": "client_credentials", "scope": scope})
    return str(answer.json()["access_token"])


def by_seller(there: World) -> str:
    answer = token(there, {"grant_type": "refresh_token", "refresh_token": "refresh"})
    return str(answer.json()["access_token"])


def asked(
    there: World, method: str, path: str, bearer: str, body: object = None
) -> tuple[int, str]:
    request = httpx.Request(
        method, f"{HOST}{path}", headers={"x-amz-access-token": bearer}, json=body
    )
    answer = there.wire.handle_request(request)
    errors = answer.json().get("errors") or [{"code": ""}]
    return answer.status_code, errors[0]["code"]


@pytest.mark.parametrize("scope", ["", "sellingpartnerapi::migration"])
def test_a_grantless_token_wants_the_scope_of_notifications(scope: str) -> None:
    answer = token(world(), {"grant_type": "client_credentials", "scope": scope})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("of", "path", "status"),
    [
        (grantless, DESTINATIONS, 200),
        (by_seller, DESTINATIONS, 403),
        (by_seller, SUBSCRIPTION, 404),
        (grantless, SUBSCRIPTION, 403),
    ],
)
def test_destinations_are_the_application_s_and_subscriptions_the_seller_s(
    of: Callable[[World], str], path: str, status: int
) -> None:
    there = world()
    assert asked(there, "GET", path, of(there))[0] == status


def destination(queue: str) -> dict[str, object]:
    return {"name": "ours", "resourceSpecification": {"sqs": {"arn": queue}}}


def test_a_queue_is_one_destination() -> None:
    there = world()
    bearer = grantless(there)
    assert asked(there, "POST", DESTINATIONS, bearer, destination(QUEUE)) == (200, "")
    assert asked(there, "POST", DESTINATIONS, bearer, destination(QUEUE)) == (409, "Conflict")


@pytest.mark.parametrize("queue", [f"{QUEUE}.fifo", "arn:aws:sqs:eu-west-1:1:x"])
def test_only_a_standard_queue_is_a_destination(queue: str) -> None:
    there = world()
    answer = asked(there, "POST", DESTINATIONS, grantless(there), destination(queue))
    assert answer == (400, "InvalidInput")


def test_a_subscription_needs_a_destination_there_is_and_its_version_and_is_one() -> None:
    there = world()
    there.control("subscribe", queue=QUEUE, types=["FEED_PROCESSING_FINISHED"])
    found = there.simulator.seller.destinations
    (known,) = found
    bearer = by_seller(there)
    wish = {"payloadVersion": "1.0", "destinationId": known}
    for wrong in (wish | {"destinationId": "gone"}, wish | {"payloadVersion": "9.9"}):
        assert asked(there, "POST", SUBSCRIPTION, bearer, wrong) == (400, "InvalidInput")
    assert asked(there, "POST", SUBSCRIPTION, bearer, wish) == (200, "")
    assert asked(there, "POST", SUBSCRIPTION, bearer, wish) == (409, "Conflict")


def test_nothing_is_sent_once_the_destination_is_gone() -> None:
    there = world()
    there.listed("HAT-M")
    subscribed(there)
    there.simulator.seller.destinations.clear()
    there.ordered(lines=[{"sku": "HAT-M"}])
    assert there.simulator.due(there.clock.now()) == []
