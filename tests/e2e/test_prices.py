"""Prices on the deployed template: dropped or posted, shown by the shop, looked up again."""

import json
import uuid
from typing import Any

import httpx
import pytest

from sandbox.api import Api
from sandbox.failures import RefusedError
from sandbox.world import World
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
HEADER = "sku;price_list;kind;amount;currency;tax_basis;unit;valid_from;zone\r\n"


def row(sku: str, amount: str, *, currency: str = "GBP") -> str:
    return f"{sku};retail;base;{amount};{currency};gross;PC;2026-01-01;Europe/London\r\n"


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    """Articles of our own, because other stories count on the prices of theirs."""
    made = Story(world)
    for sku in ("TEE", "CAPE", "JUG"):
        made.article(sku)
    made.settle()
    return made


class Pricing(Api):
    """The client that may send prices, and what it posts."""

    def __init__(self, world: World) -> None:
        super().__init__(world.deployed, client="pricing")
        self.url = world.deployed.api_url

    def post(self, body: object, key: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token()}", "idempotency-key": key}
        return httpx.post(f"{self.url}/v1/prices", json=body, headers=headers, timeout=30)

    def get(self, path: str, **headers: str) -> httpx.Response:
        said = {"authorization": f"Bearer {self.token()}"} | headers
        return httpx.get(f"{self.url}/v1/{path}", headers=said, timeout=30)


@pytest.fixture
def pricing(world: World) -> Pricing:
    return Pricing(world)


def drop(story: Story, name: str, *rows: str) -> None:
    content = "\N{ZERO WIDTH NO-BREAK SPACE}" + HEADER + "".join(rows)
    s3 = story.world.deployed.aws.client("s3")
    s3.put_object(Bucket=story.world.deployed.files, Key=name, Body=content.encode())
    story.settle()


def shown(story: Story, sku: str) -> object:
    prices = story.control("shop", "read_prices")
    assert isinstance(prices, dict)
    return prices[sku]


def told(story: Story, name: str) -> list[Any]:
    """Exceptions about this price file; other stories drop files too."""
    return [one for one in story.issues("bad_file") if one["subject"] == f"erp/price/{name}"]


def call(*conditions: dict[str, str]) -> dict[str, Any]:
    return {"connection": "erp", "conditions": list(conditions)}


def condition(sku: str, amount: str) -> dict[str, str]:
    names = HEADER.strip().split(";")
    return dict(zip(names, row(sku, amount).strip().split(";"), strict=True))


def test_a_dropped_file_reaches_the_shop_and_its_report_names_what_did_not(story: Story) -> None:
    name = "drop/erp/price/black friday.csv"
    drop(story, name, row("TEE", "16.50"), row("CAPE", "16,50"), row("JUG", "5", currency="EUR"))
    assert shown(story, "TEE") == {"price": 1650, "compare_at": None}
    assert shown(story, "CAPE") == {"price": 1999, "compare_at": None}
    (issue,) = told(story, "black friday.csv")
    assert issue["summary"].startswith("2 of 3 rows")
    s3 = story.world.deployed.aws.client("s3")
    under = issue["summary"].rpartition("the report is ")[2].removesuffix("*.ndjson")
    (part,) = s3.list_objects_v2(Bucket=story.world.deployed.files, Prefix=under)["Contents"]
    said = s3.get_object(Bucket=story.world.deployed.files, Key=part["Key"])["Body"].read()
    lines = [json.loads(line) for line in said.splitlines()]
    assert [(line["line"], line["column"], line["value"]) for line in lines] == [
        (3, "amount", "16,50"),
        (4, "currency", "EUR"),
    ]
    drop(story, name, row("CAPE", "16.50"))
    assert shown(story, "CAPE") == {"price": 1650, "compare_at": None}
    assert not told(story, "black friday.csv")


def test_a_file_can_be_read_again_by_replaying_its_exception(story: Story) -> None:
    drop(story, "drop/erp/price/again.csv", row("TEE", "none"))
    (issue,) = told(story, "again.csv")
    story.world.api.replay(issue["issue_id"])
    story.settle()
    (again,) = told(story, "again.csv")
    assert again["count"] == 2
    drop(story, "drop/erp/price/again.csv", row("TEE", "16.00"))
    assert not told(story, "again.csv")


def test_a_file_of_another_connection_is_a_finding_and_changes_nothing(story: Story) -> None:
    before = shown(story, "JUG")
    drop(story, "drop/shop/price/today.csv", row("JUG", "0.01"))
    assert shown(story, "JUG") == before
    assert [issue["subject"] for issue in story.issues("not_the_owner")] == ["shop/price"]


def test_a_posted_price_is_shown_and_looked_up_again(story: Story, pricing: Pricing) -> None:
    key = str(uuid.uuid4())
    body = call(condition("JUG", "6.25"), condition("JUG", "free"))
    answer = pricing.post(body, key)
    assert answer.status_code == 200
    assert [line["status"] for line in answer.json()["lines"]] == ["accepted", "refused"]
    assert pricing.post(body, key).json() == answer.json()
    assert pricing.post(call(condition("JUG", "6.26")), key).status_code == 409
    story.settle()
    assert shown(story, "JUG") == {"price": 625, "compare_at": None}
    found = pricing.call("GET", "v1", "prices", "shop", "JUG")
    assert found["price"] == {"amount": 625, "currency": "GBP"}
    assert found["shown"] is True
    many = pricing.call("POST", "v1", "prices", "shop", "lookup", body={"skus": ["JUG", "CAR"]})
    assert [one["field"] for one in many["missing"]] == ["sku"]  # type: ignore[union-attr,index,call-overload]


@pytest.mark.usefixtures("story")
def test_an_answer_is_not_sent_again_to_who_has_it(pricing: Pricing) -> None:
    path = "prices/shop/CAPE?chain=true"
    first = pricing.get(path)
    assert first.status_code == 200
    assert "GBP each" in first.text
    again = pricing.get(path, **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_availability_is_looked_up_without_the_erp(story: Story, pricing: Pricing) -> None:
    counted = story.control("erp", "counts")
    found = pricing.call("GET", "v1", "availability", "shop", "HAT-S")
    many = pricing.call("POST", "v1", "availability", "shop", "lookup", body={"skus": ["HAT-S"]})
    levels = found["levels"]
    assert isinstance(levels, dict)
    assert found["available"] == sum(int(str(units)) for units in levels.values())
    assert many["availability"] == [found]
    assert story.control("erp", "counts") == counted


def test_what_is_not_known_and_who_may_not_is_named(pricing: Pricing) -> None:
    for path, field in (("till/JUG", "channel"), ("shop/CAR", "sku")):
        with pytest.raises(RefusedError) as refused:
            pricing.call("GET", "v1", "prices", *path.split("/"))
        assert (refused.value.status, refused.value.body["field"]) == (404, field)
    answer = pricing.post(call(condition("JUG", "1")) | {"connection": "shop"}, "k")
    assert answer.status_code == 403
    assert "prices are told by erp" in answer.json()["remedy"]
    assert pricing.post(call(condition("JUG", "1")), "").status_code == 400
