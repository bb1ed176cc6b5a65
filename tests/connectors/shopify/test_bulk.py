"""Thousands of prices in one file: accepted, run in the shop's own time, decided line by line."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.vendors.shopify.simulator import ShopifySimulator
from shared.connectors.shopify.bulk import ASK_AGAIN, LEFT_ALONE, Receipt
from shared.connectors.shopify.bulk_schema import Parameter
from shared.connectors.shopify.storage import UPLOAD_MAX_BYTES, form
from shared.errors import RejectedError, RetryableError
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.target import Outcome, Push, Verdict
from tests.connectors.shopify.raw import asked
from tests.connectors.shopify.world import NOW, World, jacket, world

SIZES = ("S", "M", "L")
PRODUCTS = 4
MANY = [f"{i // 2}" for i in range(9_000)]  # groups of more lines than any bucket pays for


def bulked() -> tuple[World, list[Push]]:
    """Twelve prices of four products in a shop where a bulk operation is the faster way."""
    there = world(bulk_from=5, bulk_seconds=1, bulk_products_per_second=100)
    for i in range(PRODUCTS):
        there.list(jacket(*SIZES, product_id=f"P{i}"))
    return there, [there.price(f"P{i}-{s}", 1000 + i) for i in range(PRODUCTS) for s in SIZES]


def sent(there: World, pushes: list[Push]) -> list[Outcome]:
    return list(there.shop.push(Facet.PRICE, pushes))


def receipts(pushes: list[Push], outcomes: list[Outcome]) -> list[Push]:
    """What a publisher asks about: the lines with the receipts it kept."""
    return [
        push.model_copy(update={"receipt": outcome.receipt})
        for push, outcome in zip(pushes, outcomes, strict=True)
    ]


def begun(there: World, pushes: list[Push]) -> list[Push]:
    return receipts(pushes, sent(there, pushes))


def over(there: World) -> None:
    there.clock.advance(minutes=2)


def verdicts(outcomes: list[Outcome] | tuple[Outcome, ...]) -> dict[str, Verdict]:
    return {outcome.key: outcome.verdict for outcome in outcomes}


def decided(there: World, lines: list[Push]) -> list[Outcome]:
    return list(there.shop.decided(Facet.PRICE, lines))


def test_a_bulk_operation_is_accepted_with_a_receipt_for_each_line() -> None:
    there, pushes = bulked()
    outcomes = sent(there, pushes)
    assert {o.verdict for o in outcomes} == {Verdict.ACCEPTED}
    assert len({o.receipt for o in outcomes}) == len(pushes)
    assert {Receipt.parse(o.receipt).line for o in outcomes} == set(range(PRODUCTS))
    assert all(o.look_at and o.look_at > NOW for o in outcomes)
    assert there.shop_price("P0-S") == (0, None)
    counted = [there.counter(name) for name in ("Stage", "BulkRun", "PricesSet")]
    assert counted == [1, 1, 0]


def test_one_under_way_is_asked_about_later() -> None:
    there, pushes = bulked()
    lines = begun(there, pushes)
    found = decided(there, lines)
    assert set(verdicts(found).values()) == {Verdict.ACCEPTED}
    assert {o.look_at for o in found} == {NOW + ASK_AGAIN}
    assert there.counter("BulkState") == 1


def test_every_line_of_one_that_is_over_is_shown_without_reading_it_back() -> None:
    there, pushes = bulked()
    lines = begun(there, pushes)
    over(there)
    found = decided(there, lines)
    assert set(verdicts(found).values()) == {Verdict.APPLIED}
    assert [o.shown for o in found] == [push.desired for push in lines]
    assert there.shop_price("P3-L") == (1003, None)
    assert there.counter("Prices") == 0


def test_a_line_it_refuses_is_named_and_the_others_are_shown() -> None:
    there, pushes = bulked()
    variant = there.simulator.shop.skus["P1-M"]
    lines = begun(there, pushes)
    del there.simulator.shop.variants[variant]
    over(there)
    found = verdicts(decided(there, lines))
    assert found["P1-M"] is Verdict.REJECTED
    assert sum(v is Verdict.APPLIED for v in found.values()) == len(pushes) - 1


def test_a_product_refused_unnamed_is_read_back_and_sent_by_itself() -> None:
    there, pushes = bulked()
    there.simulator.control("poison", sku="P1-M")
    lines = begun(there, pushes)
    over(there)
    found = verdicts(decided(there, lines))
    assert sorted(found) == sorted(p.key for p in pushes if not p.key.startswith("P1"))


@pytest.mark.parametrize("status", ["FAILED", "CANCELED", "EXPIRED"])
def test_of_one_that_ended_early_only_what_was_run_is_decided(status: str) -> None:
    there, pushes = bulked()
    there.simulator.control("bulk_fate", status=status, through=2)
    lines = begun(there, pushes)
    over(there)
    found = decided(there, lines)
    assert set(verdicts(found).values()) == {Verdict.APPLIED}
    assert len(found) == 2 * len(SIZES)
    shown = there.shop.shown(Facet.PRICE, lines)
    assert sum(shown[p.key] == p.desired for p in pushes) == 2 * len(SIZES)


def test_a_result_that_is_cut_off_says_only_what_is_whole() -> None:
    there, pushes = bulked()
    there.simulator.control("bulk_fate", status="COMPLETED", truncated=True)
    lines = begun(there, pushes)
    over(there)
    found = decided(there, lines)
    assert 0 < len(found) < len(pushes)
    assert set(verdicts(found).values()) == {Verdict.APPLIED}


def test_a_refused_upload_sends_nothing_and_leaves_bulk_operations_alone_for_a_while() -> None:
    there, pushes = bulked()
    there.simulator.control("refuse_uploads")
    with pytest.raises(RetryableError, match="no bulk operation can be begun"):
        sent(there, pushes)
    assert there.counter("BulkRun") == 0
    assert len(there.shop.window(Facet.PRICE, MANY)) == 500
    there.clock.at += LEFT_ALONE
    assert len(there.shop.window(Facet.PRICE, MANY)) == len(MANY)


@pytest.mark.parametrize("host", ["https://files.example", "http://storage.googleapis.com"])
def test_a_file_is_put_nowhere_else(host: str) -> None:
    there, pushes = bulked()
    there.simulator.control("lead_files_to", host=host)
    with pytest.raises(RetryableError, match="not among file_hosts"):
        sent(there, pushes)
    assert there.simulator.control("jobs") == []


def test_a_result_that_lies_elsewhere_is_not_fetched_and_every_line_is_read_back() -> None:
    there, pushes = bulked()
    lines = begun(there, pushes)
    there.simulator.control("lead_files_to", host="https://files.example")
    over(there)
    assert decided(there, lines) == []
    assert there.shop.shown(Facet.PRICE, lines[:1])[lines[0].key] == lines[0].desired


def test_an_upload_that_is_sent_elsewhere_is_not_followed() -> None:
    there, pushes = bulked()
    there.wire.files = [httpx.Response(307, headers={"location": "https://files.example"})]
    with pytest.raises(RetryableError, match="sent elsewhere"):
        sent(there, pushes)


def test_one_that_was_never_begun_is_read_back_once_it_could_have_been() -> None:
    there, pushes = bulked()
    there.wire.next = [None, httpx.ReadTimeout("no answer")]
    outcomes = sent(there, pushes)
    assert {o.verdict for o in outcomes} == {Verdict.UNKNOWN}
    lands_until = NOW + there.retailer.connection("shop").settle
    assert {o.look_at for o in outcomes} == {lands_until}
    lines = receipts(pushes, outcomes)
    early = decided(there, lines)
    assert {(o.verdict, o.look_at) for o in early} == {(Verdict.ACCEPTED, lands_until)}
    there.clock.at = lands_until
    assert decided(there, lines) == []


def test_one_that_runs_although_its_beginning_was_not_answered_is_undecided() -> None:
    there, pushes = bulked()
    there.wire.loses = "BulkRun"
    lines = receipts(pushes, sent(there, pushes))
    found = decided(there, lines)
    assert set(verdicts(found).values()) == {Verdict.ACCEPTED}
    over(there)
    assert decided(there, lines) == []
    assert there.shop_price("P0-S") == (1000, None)


def test_a_sixth_at_once_is_not_begun() -> None:
    there, pushes = bulked()
    for _ in range(5):
        sent(there, pushes)
    with pytest.raises(RetryableError, match="run already"):
        sent(there, pushes)


def test_a_line_in_another_currency_is_refused_by_itself() -> None:
    there, pushes = bulked()
    wrong: Json = {"price": {"amount": 1, "currency": "USD"}, "compare_at": None}
    pushes[0] = pushes[0].model_copy(update={"desired": wrong})
    found = verdicts(sent(there, pushes))
    assert found.pop(pushes[0].key) is Verdict.REJECTED
    assert set(found.values()) == {Verdict.ACCEPTED}


def test_few_prices_never_go_by_bulk_operation_and_none_do_where_it_is_slower() -> None:
    there, pushes = bulked()
    few = pushes[:4]
    assert [p for batch in there.shop.batches(Facet.PRICE, few) for p in batch] == few
    assert len(there.shop.window(Facet.PRICE, MANY)) == len(MANY)
    slow = world(bulk_from=5, bulk_seconds=3600).shop
    assert len(slow.window(Facet.PRICE, MANY)) == 500
    always = world(bulk_from=5, bulk_seconds=3600, bulk="always").shop
    assert len(always.window(Facet.PRICE, MANY)) == len(MANY)
    never = world(bulk_from=5, bulk_seconds=1, bulk="never").shop
    assert len(never.window(Facet.PRICE, MANY)) == 500


def test_a_file_is_a_form_whose_last_part_it_is() -> None:
    body, kind = form([Parameter(name="key", value="tmp/1")], "prices.jsonl", b'{"a":1}\n')
    boundary = kind.partition("boundary=")[2].encode()
    parts = body.split(b"--" + boundary)
    assert b'name="key"\r\n\r\ntmp/1' in parts[1]
    assert b'name="file"; filename="prices.jsonl"' in parts[2]
    assert parts[3] == b"--\r\n"
    with pytest.raises(RejectedError, match="too large"):
        form([], "prices.jsonl", b"x" * (UPLOAD_MAX_BYTES + 1))


STAGE = """mutation($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url parameters { name value } } userErrors { field message }
  }
}"""
RUN = """mutation($m: String!, $p: String!) {
  bulkOperationRunMutation(mutation: $m, stagedUploadPath: $p) {
    bulkOperation { id } userErrors { code message }
  }
}"""


def test_the_simulator_refuses_what_shopify_refuses() -> None:
    there = world().simulator
    place: Json = {
        "resource": "BULK_MUTATION_VARIABLES", "filename": "a", "mimeType": "text/csv",
        "httpMethod": "POST",
    }  # fmt: skip
    wrong = _payload(there, STAGE, "stagedUploadsCreate", input=[place])
    assert wrong["userErrors"]
    query = _payload(there, RUN, "bulkOperationRunMutation", m="{ nodes(ids: []) { id } }", p="x")
    assert query["userErrors"][0]["code"] == "INVALID_MUTATION"
    itself = _payload(there, RUN, "bulkOperationRunMutation", m=RUN, p="x")
    assert itself["userErrors"][0]["code"] == "INVALID_MUTATION"
    other = "mutation A($i: ID!) { publishablePublish(id: $i, input: []) { userErrors { field } } }"
    lost = _payload(there, RUN, "bulkOperationRunMutation", m=other, p="tmp/none")
    assert lost["userErrors"][0]["code"] == "NO_SUCH_FILE"


def test_the_simulator_takes_a_file_only_with_the_fields_of_its_place() -> None:
    there = world().simulator
    place: Json = {
        "resource": "BULK_MUTATION_VARIABLES", "filename": "a.jsonl", "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }  # fmt: skip
    payload = _payload(there, STAGE, "stagedUploadsCreate", input=[place])
    target = payload["stagedTargets"][0]
    fields = [Parameter.model_validate(row) for row in target["parameters"]]
    for given, status in ((fields[:-1], 403), (fields, 201)):
        body, kind = form(given, "a.jsonl", b"{}\n")
        headers = {"content-type": kind}
        request = httpx.Request("POST", target["url"], headers=headers, content=body)
        assert there.handle(request).status_code == status


def _payload(there: ShopifySimulator, query: str, name: str, **variables: Json) -> Any:
    return asked(there, query, **variables)["data"][name]


def test_an_operation_ends_within_a_day() -> None:
    there, pushes = bulked()
    lines = begun(there, pushes)
    there.clock.at += timedelta(hours=24)
    assert set(verdicts(decided(there, lines)).values()) == {Verdict.APPLIED}
