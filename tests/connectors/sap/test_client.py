"""What the connector reads and writes, against a tenant that enforces SAP's rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    ThrottledError,
)
from shared.model.facts import PriceCard, ProductCard, StockCard
from shared.model.ids import Entity
from shared.model.order import Discount, Order, ShippingLine, TaxLine
from shared.model.price import PriceKind
from shared.model.product import Lifecycle
from shared.ports import Page
from tests.connectors.sap.world import DAY, GENERIC, Tenant, hat, price, stock
from tests.domain.world import NOW
from tests.flows.world import gbp, order


def every(tenant: Tenant, entity: Entity) -> list[Any]:
    """Every card, page by page; no card may come twice."""
    found: list[Any] = []
    page = None
    while True:
        answer: Page[Any] = tenant.client.changed(entity, since=None, page=page)
        found += answer.items
        if answer.next is None:
            return found
        page = answer.next


def known(*sizes: str) -> Order:
    made = order(*((f"HAT-{size}", 2) for size in sizes or ("M",)))
    lines = tuple(line.model_copy(update={"sku": line.channel_sku}) for line in made.lines)
    return made.model_copy(update={"lines": lines})


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    tenant.load(materials=[GENERIC, hat("M"), hat("S")], prices=[price()], stock=[stock()])
    return tenant


def test_a_material_of_a_number_there_is_already_is_not_made_again(tenant: Tenant) -> None:
    with pytest.raises(LookupError, match="there is a material HAT-M already"):
        tenant.simulator.control("add_material", product="HAT-M", title="Another hat")
    assert len(every(tenant, Entity.PRODUCT)[0].product.variants) == 2


def test_variants_of_one_generic_article_are_one_product(tenant: Tenant) -> None:
    (card,) = every(tenant, Entity.PRODUCT)
    assert (card.product.product_id, card.product.title) == ("HAT", "Felt hat")
    assert [(v.sku, v.option_values) for v in card.product.variants] == [
        ("HAT-M", ("M",)),
        ("HAT-S", ("S",)),
    ]


def test_an_article_without_variants_is_a_product_of_one() -> None:
    tenant = Tenant()
    tenant.load(materials=[{"product": "MUG", "title": "Mug", "gtin": "4006381333931"}])
    (card,) = every(tenant, Entity.PRODUCT)
    assert card.product.option_names == ()
    assert card.product.variants[0].gtin == "4006381333931"


def test_a_changed_variant_brings_its_whole_product(tenant: Tenant) -> None:
    tenant.clock.advance(hours=1)
    since = tenant.clock.now()
    tenant.clock.advance(hours=1)
    tenant.simulator.control("change_material", sku="HAT-S", size="Small")
    (card,) = tenant.client.changed(Entity.PRODUCT, since=since, page=None).items
    assert isinstance(card, ProductCard)
    assert [v.option_values for v in card.product.variants] == [("M",), ("Small",)]


def test_a_variant_asked_for_by_itself_brings_its_whole_product(tenant: Tenant) -> None:
    (card,) = tenant.client.read(Entity.PRODUCT, ["HAT-S"]).items
    assert isinstance(card, ProductCard)
    assert card.product.product_id == "HAT"


def test_a_wrong_gtin_is_named_and_the_article_kept_without_it() -> None:
    tenant = Tenant()
    tenant.load(materials=[{"product": "MUG", "title": "Mug", "gtin": "4006381333932"}])
    page = tenant.client.read(Entity.PRODUCT, ["MUG"])
    assert len(page.items) == 1
    assert [(r.subject, r.field, r.value) for r in page.refused] == [
        ("MUG", "gtin", "4006381333932")
    ]


def test_an_article_marked_for_deletion_is_discontinued() -> None:
    tenant = Tenant()
    tenant.load(materials=[{"product": "MUG", "title": "Mug", "deleted": True}])
    (card,) = every(tenant, Entity.PRODUCT)
    assert card.product.variants[0].lifecycle is Lifecycle.DISCONTINUED


@pytest.mark.parametrize("page", [2, 3, 7, 1000])
@pytest.mark.parametrize("route", ["set", "expand"])
def test_whatever_the_page_size_every_sku_comes_once_and_whole(page: int, route: str) -> None:
    tenant = Tenant(page=3, page_size=page, stock_route=route)
    names = [f"SKU-{i}" for i in range(8)]
    tenant.load(
        materials=[{"product": name, "title": name} for name in names],
        prices=[price(name, kind=kind) for name in names for kind in ("PR00", "VKA0")],
        stock=[stock(name, type=kind) for name in names for kind in ("01", "02", "07")],
    )
    products, prices = every(tenant, Entity.PRODUCT), every(tenant, Entity.PRICE)
    stocks = every(tenant, Entity.STOCK)
    assert [card.product.product_id for card in products] == names
    assert [card.sku for card in prices] == [card.sku for card in stocks] == names
    assert {len(card.conditions) for card in prices} == {2}
    assert {card.positions[0].on_hand for card in stocks} == {Decimal(30)}


@pytest.mark.parametrize("page", [2, 3, 8])
def test_expanded_articles_in_which_nothing_lies_do_not_end_the_reading(page: int) -> None:
    tenant = Tenant(page=2, page_size=page, stock_route="expand")
    names = [f"SKU-{i}" for i in range(8)]
    tenant.load(stock=[stock(name) for name in names])
    emptied = {"SKU-0", "SKU-2", "SKU-3", "SKU-4"}
    for name in emptied:
        tenant.simulator.control("archive_stock", sku=name, emptied=True)
    assert [card.sku for card in every(tenant, Entity.STOCK)] == sorted({*names} - emptied)
    (card,) = tenant.client.read(Entity.STOCK, ["SKU-2"]).items
    assert isinstance(card, StockCard)
    assert card.positions == ()


def test_an_article_listed_without_what_was_to_be_expanded_is_not_taken_for_empty() -> None:
    tenant = Tenant(stock_route="expand")
    deferred = {"Material": "HAT-M", "to_MatlStkInAcctMod": {"__deferred": {"uri": "there"}}}
    listed = httpx.Response(200, json={"d": {"results": [deferred]}})
    tenant.refuse = lambda request: listed if "A_MaterialStock" in request.url.path else None
    with pytest.raises(RetryableError, match="HAT-M without its to_MatlStkInAcctMod"):
        every(tenant, Entity.STOCK)


def test_pages_of_prices_and_stock_say_that_they_hold_all_there_is(tenant: Tenant) -> None:
    for entity in (Entity.PRICE, Entity.STOCK):
        assert tenant.client.changed(entity, since=None, page=None).whole_after == ""
        assert tenant.client.changed(entity, since=None, page="HAT").whole_after == "HAT"


def test_an_article_whose_only_row_cannot_be_read_is_named_and_not_told_as_empty() -> None:
    tenant = Tenant()
    bad = {"Material": "HAT-M", "InventoryStockType": "01", "MatlWrhsStkQtyInMatlBaseUnit": "many"}
    listed = httpx.Response(200, json={"d": {"results": [bad]}})
    tenant.refuse = lambda request: listed if "A_MatlStkInAcctMod" in request.url.path else None
    found = tenant.client.read(Entity.STOCK, ["HAT-M"])
    assert (list(found.items), [one.subject for one in found.refused]) == ([], ["HAT-M"])


def test_on_hand_is_everything_that_lies_there_and_says_what_cannot_be_sold() -> None:
    tenant = Tenant()
    kinds = {"01": "10", "02": "3", "03": "1", "07": "2", "04": "99"}
    tenant.load(
        materials=[hat()], stock=[stock(quantity=n, type=kind) for kind, n in kinds.items()]
    )
    (card,) = every(tenant, Entity.STOCK)
    (position,) = card.positions
    assert (position.location, position.on_hand) == ("london", 16)
    assert (position.quality_inspection, position.blocked) == (3, 3)


def test_stock_at_a_place_nobody_mapped_is_named_once() -> None:
    tenant = Tenant()
    tenant.load(stock=[stock("A", plant="9999"), stock("B", plant="9999"), stock("C")])
    page = tenant.client.changed(Entity.STOCK, since=None, page=None)
    assert [(r.field, r.value) for r in page.refused] == [("location", "9999/171A")]
    assert [len(card.positions) for card in page.items if isinstance(card, StockCard)] == [0, 0, 1]


def test_a_sku_the_tenant_knows_no_stock_of_gets_an_empty_card(tenant: Tenant) -> None:
    (card,) = tenant.client.read(Entity.STOCK, ["HAT-S"]).items
    assert isinstance(card, StockCard)
    assert card.positions == ()


def prices_of(tenant: Tenant, sku: str = "HAT-M") -> PriceCard:
    (card,) = tenant.client.read(Entity.PRICE, [sku]).items
    assert isinstance(card, PriceCard)
    return card


def test_a_condition_holds_from_midnight_to_the_end_of_its_last_day_in_its_zone() -> None:
    tenant = Tenant(zone="Europe/Berlin")
    tenant.load(prices=[price(kind="VKA0", start="2027-03-27", end="2027-03-28")])
    window = prices_of(tenant).conditions[0].window
    assert window.start == datetime(2027, 3, 26, 23, tzinfo=UTC)
    assert window.end == datetime(2027, 3, 28, 22, tzinfo=UTC)  # the clocks went forward
    assert window.zone == "Europe/Berlin"


def test_kinds_come_from_the_configuration_and_open_ends_stay_open(tenant: Tenant) -> None:
    tenant.load(prices=[price(kind="VKA0", amount="14.99", end="2026-12-24")])
    base, promotion = sorted(prices_of(tenant).conditions, key=lambda c: c.kind)
    assert (base.kind, base.window.end) == (PriceKind.BASE, None)
    assert (promotion.kind, promotion.amount) == (PriceKind.PROMOTIONAL, gbp(1499))


def test_a_condition_in_another_currency_is_refused_never_converted(tenant: Tenant) -> None:
    tenant.load(prices=[price(kind="VKA0", currency="EUR")])
    page = tenant.client.read(Entity.PRICE, ["HAT-M"])
    assert [r.value for r in page.refused] == ["19.99 EUR"]
    assert len(prices_of(tenant).conditions) == 1


def test_conditions_that_ended_or_belong_elsewhere_are_not_read(tenant: Tenant) -> None:
    tenant.load(prices=[price(kind="VKA0", end="2026-01-01"), price(kind="ZZZZ")])
    assert len(prices_of(tenant).conditions) == 1


def test_an_event_s_condition_and_document_lead_to_their_materials(tenant: Tenant) -> None:
    record = tenant.simulator.control("set_price", sku="HAT-M", amount="17.99")
    (card,) = tenant.client.read(Entity.PRICE, [f"condition:{record}"]).items
    assert isinstance(card, PriceCard)
    assert card.conditions[0].amount == gbp(1799)
    number = tenant.simulator.control(
        "move_stock", sku="HAT-M", plant="1710", storage_location="171A", quantity="-4"
    )
    (moved,) = tenant.client.read(Entity.STOCK, [f"document:2026/{number}"]).items
    assert isinstance(moved, StockCard)
    assert moved.positions[0].on_hand == 6


def test_a_card_is_as_of_the_instant_before_it_was_read(tenant: Tenant) -> None:
    def slow(request: httpx.Request) -> None:
        if "API_MATERIAL_STOCK_SRV" in request.url.path:
            tenant.clock.advance(seconds=30)

    tenant.refuse = slow
    (card,) = tenant.client.read(Entity.STOCK, ["HAT-M"]).items
    assert card.as_of == NOW


def test_an_order_is_stored_with_its_total_to_the_cent(tenant: Tenant) -> None:
    made = known("M", "S")
    first = made.lines[0].model_copy(
        update={"discounts": (Discount(title="TEN", amount=gbp(333)),)}
    )
    freight = ShippingLine(title="Post", code="P", price=gbp(495))
    made = made.model_copy(update={"lines": (first, made.lines[1]), "shipping": (freight,)})
    posted = tenant.client.post_order(made, "SHOP-77")
    assert posted.total_minor == 4 * 1999 - 333 + 495
    assert posted.items == {"1": "10", "2": "20"}


def test_taxes_beside_the_prices_are_part_of_the_total(tenant: Tenant) -> None:
    made = known("M")
    line = made.lines[0].model_copy(update={"taxes": (TaxLine(title="VAT", amount=gbp(800)),)})
    taxed = TaxLine(title="VAT", amount=gbp(99))
    freight = ShippingLine(title="Post", code="P", price=gbp(495), taxes=(taxed,))
    update = {"lines": (line,), "shipping": (freight,), "taxes_included": False}
    posted = tenant.client.post_order(made.model_copy(update=update), "SHOP-77")
    assert posted.total_minor == 2 * 1999 + 800 + 495 + 99


def test_an_order_is_found_by_its_reference_with_the_same_items(tenant: Tenant) -> None:
    made = known("M", "S")
    posted = tenant.client.post_order(made, "SHOP-77")
    assert tenant.client.find_order(made, "SHOP-77") == [posted]
    assert tenant.client.find_order(made, "SHOP-78") == []


def test_an_order_of_six_hundred_lines_arrives_whole(tenant: Tenant) -> None:
    made = known(*(["M"] * 600))
    posted = tenant.client.post_order(made, "SHOP-77")
    assert len(posted.items) == 600
    assert posted.total_minor == made.total.amount


def test_an_answer_lost_after_the_order_was_stored_leaves_a_doubt_and_one_order(
    tenant: Tenant,
) -> None:
    tenant.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        tenant.client.post_order(known(), "SHOP-77")
    assert len(tenant.client.find_order(known(), "SHOP-77")) == 1


def test_a_server_error_after_a_write_leaves_a_doubt(tenant: Tenant) -> None:
    tenant.refuse = lambda r: httpx.Response(500) if "A_SalesOrder" in r.url.path else None
    with pytest.raises(InDoubtError):
        tenant.client.post_order(known(), "SHOP-77")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>something went wrong</html>"),
        httpx.Response(201, json={"d": []}),
        httpx.Response(201, json={"d": {"SalesOrder": None}}),
    ],
)
def test_an_unreadable_answer_to_a_write_leaves_a_doubt(
    tenant: Tenant, answer: httpx.Response
) -> None:
    tenant.refuse = lambda r: answer if "A_SalesOrder" in r.url.path else None
    with pytest.raises(InDoubtError):
        tenant.client.post_order(known(), "SHOP-77")


def test_an_unknown_material_is_refused_naming_the_property(tenant: Tenant) -> None:
    with pytest.raises(RejectedError, match="Material HAT-XL does not exist") as raised:
        tenant.client.post_order(known("XL"), "SHOP-77")
    assert raised.value.field == "Material"


def test_a_line_without_a_sku_is_never_sent(tenant: Tenant) -> None:
    with pytest.raises(RejectedError) as raised:
        tenant.client.post_order(order(("HAT-M", 1)), "SHOP-77")
    assert raised.value.field == "lines.0.sku"
    assert tenant.paths("POST") == []


def test_a_csrf_token_is_fetched_once_and_anew_when_it_has_expired(tenant: Tenant) -> None:
    tenant.client.post_order(known(), "SHOP-1")
    tenant.client.post_order(known(), "SHOP-2")
    assert tenant.simulator.counts["sessions"] == 1
    tenant.clock.advance(minutes=31)
    tenant.client.post_order(known(), "SHOP-3")
    assert tenant.simulator.counts["sessions"] == 2
    assert len(tenant.client.find_order(known(), "SHOP-3")) == 1


def test_an_expired_token_is_renewed_without_anybody_noticing(tenant: Tenant) -> None:
    tenant.client.read(Entity.STOCK, ["HAT-M"])
    tenant.clock.advance(hours=2)
    tenant.client.read(Entity.STOCK, ["HAT-M"])
    assert tenant.simulator.counts["tokens"] == 2


def test_a_communication_user_may_sign_in_with_a_password() -> None:
    tenant = Tenant()
    tenant.load(stock=[stock()])
    secret: dict[str, object] = {"user": "SHELFWIRE", "password": "password"}
    client = tenant.connected(secret, auth="basic", csrf_method="GET")
    assert len(client.read(Entity.STOCK, ["HAT-M"]).items) == 1
    with pytest.raises(AccessError):
        tenant.connected(secret | {"password": "old"}, auth="basic").read(Entity.STOCK, ["A"])


def test_a_throttled_tenant_says_when_to_come_back(tenant: Tenant) -> None:
    tenant.client.read(Entity.STOCK, ["HAT-M"])
    tenant.simulator.control("throttle", seconds=5)
    with pytest.raises(ThrottledError) as raised:
        tenant.client.read(Entity.STOCK, ["HAT-M"])
    assert raised.value.after == timedelta(seconds=1)


def test_a_locked_object_is_tried_again(tenant: Tenant) -> None:
    error = {"code": "V1/042", "message": {"value": "Order is locked by another user"}}
    locked = httpx.Response(400, json={"error": error})
    tenant.refuse = lambda r: locked if "A_SalesOrder" in r.url.path else None
    with pytest.raises(RetryableError, match="locked"):
        tenant.client.post_order(known(), "SHOP-77")


def test_only_goods_that_left_are_shipments(tenant: Tenant) -> None:
    made = known("M", "S")
    posted = tenant.client.post_order(made, "SHOP-77")
    tenant.simulator.control("deliver", order=posted.erp_order, items={"10": 1}, tracking="JJD0001")
    (found,) = tenant.client.shipments_since(NOW - DAY, page=None).items
    assert (found.erp_order, found.tracking[0].number) == (posted.erp_order, "JJD0001")
    assert [(line.erp_item, line.sku, line.quantity) for line in found.lines] == [
        ("10", "HAT-M", 1)
    ]
    assert found.location == "london"
    assert tenant.client.read_shipment(found.shipment_id) == [found]


def test_a_goods_issue_lowers_the_stock_the_tenant_tells(tenant: Tenant) -> None:
    posted = tenant.client.post_order(known("M"), "SHOP-77")
    tenant.simulator.control("deliver", order=posted.erp_order)
    (card,) = tenant.client.read(Entity.STOCK, ["HAT-M"]).items
    assert isinstance(card, StockCard)
    assert card.positions[0].on_hand == 8


def test_reading_costs_a_page_a_call_however_many_skus(tenant: Tenant) -> None:
    tenant = Tenant(page_size=1000)
    tenant.load(stock=[stock(f"SKU-{i:05}") for i in range(2500)])
    before = tenant.pacer.spent
    assert len(every(tenant, Entity.STOCK)) == 2500
    assert tenant.pacer.spent - before == 3
