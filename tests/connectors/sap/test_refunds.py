"""Refunds at the simulated tenant: returns and credit memo requests, to the cent, once."""

from copy import replace
from decimal import Decimal

import pytest

from shared.domain.credits import CreditWish, OverRefund, credits_of
from shared.errors import InDoubtError, RejectedError
from shared.model.order import Order, Refund, RefundedFreight, RefundLine, ShippingLine, TaxLine
from shared.model.order_terms import OrderTerms
from shared.ports import PostedOrder
from tests.connectors.sap.world import GENERIC, Tenant, hat
from tests.domain.world import NOW
from tests.flows.world import gbp, order

VAT = TaxLine(title="VAT", rate=Decimal("0.2"), amount=gbp(667))


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    tenant.load(materials=[GENERIC, hat("M"), hat("S")])
    return tenant


def placed(*, included: bool = True) -> Order:
    """Two hats M and one S at 19.99, posted for 4.80 with 0.80 tax."""
    made = order(("HAT-M", 2), ("HAT-S", 1), total=0, taxes_included=included)
    lines = tuple(
        line.model_copy(update={"sku": line.channel_sku, "taxes": (VAT,)}) for line in made.lines
    )
    tax = TaxLine(title="VAT", rate=Decimal("0.2"), amount=gbp(80))
    freight = ShippingLine(title="Post", code="P", price=gbp(480), taxes=(tax,))
    whole = made.model_copy(update={"lines": lines, "shipping": (freight,)})
    due = whole.goods() + whole.freight()
    return whole.model_copy(update={"total": due if included else due + whole.taxes()})


def unit(line_id: str = "1", quantity: int = 1) -> RefundLine:
    return RefundLine(
        line_id=line_id,
        quantity=quantity,
        amount=gbp(1999 * quantity),
        tax=gbp(333 * quantity),
        restock=True,
    )


def wish(made: Order, posted: PostedOrder, refund: Refund, *, goods_back: bool) -> CreditWish:
    found = credits_of(made, [refund])
    assert not isinstance(found, OverRefund)
    return CreditWish(
        order=made,
        credits=found,
        reference=f"SHOP-R{refund.refund_id}",
        erp_order=posted.erp_order,
        erp_items=posted.items,
        goods_back=goods_back,
    )


def refund(total: int, *lines: RefundLine, freight: int = 0) -> Refund:
    back = RefundedFreight(amount=gbp(freight), tax=gbp(80)) if freight else None
    return Refund(refund_id="9", created_at=NOW, total=gbp(total), lines=lines, freight=back)


def kept(tenant: Tenant) -> list[tuple[str, str, str]]:
    found = tenant.simulator.control("credits")
    assert isinstance(found, list)
    return [
        (str(c["kind"]), str(c["reference"]), str(c["total"])) for c in found if isinstance(c, dict)
    ]


@pytest.mark.parametrize("included", [True, False], ids=["gross", "net"])
@pytest.mark.parametrize("goods_back", [True, False], ids=["return", "request"])
def test_what_sap_keeps_is_what_went_back(
    tenant: Tenant, *, goods_back: bool, included: bool
) -> None:
    made = placed(included=included)
    posted = tenant.client.post_order(made, "SHOP-77")
    total = 1999 + 480 + 20 + (0 if included else 333 + 80)
    wanted = wish(made, posted, refund(total, unit(), freight=480), goods_back=goods_back)
    credited = tenant.client.post_credit(wanted)
    assert credited.differs is None
    kind = "CustomerReturn" if goods_back else "CreditMemoRequest"
    assert kept(tenant) == [(kind, "SHOP-R9", f"{Decimal(total) / 100:.2f}")]
    assert tenant.client.find_credit(wanted) == [credited]


def test_freight_alone_goes_back_on_an_item_worth_nothing(tenant: Tenant) -> None:
    made = placed()
    posted = tenant.client.post_order(made, "SHOP-77")
    wanted = wish(made, posted, refund(480, freight=480), goods_back=False)
    assert tenant.client.post_credit(wanted).differs is None
    assert kept(tenant) == [("CreditMemoRequest", "SHOP-R9", "4.80")]


def test_freight_may_go_back_on_an_article_of_its_own() -> None:
    tenant = Tenant(freight_material="POST")
    tenant.load(materials=[GENERIC, hat("M"), hat("S"), {"product": "POST", "title": "Postage"}])
    made = placed()
    posted = tenant.client.post_order(made, "SHOP-77")
    tenant.client.post_credit(wish(made, posted, refund(480, freight=480), goods_back=False))
    found = tenant.simulator.control("credits")
    assert isinstance(found, list)
    assert isinstance(found[0], dict)
    assert found[0]["items"] == [{"material": "POST", "quantity": "1", "tax_code": ""}]


@pytest.mark.parametrize(("codes", "code"), [(("3",), "3"), (("3", "0"), ""), (("",), "")])
@pytest.mark.parametrize("goods_back", [False, True])
def test_what_goes_back_stands_on_the_tax_codes_of_its_order(
    codes: tuple[str, ...], code: str, *, goods_back: bool
) -> None:
    tenant = Tenant()
    tenant.load(materials=[GENERIC, hat("M"), hat("S"), {"product": "POST", "title": "Postage"}])
    terms = OrderTerms(freight_sku="POST", freight_tax_codes=codes, tax_codes={"1": "1"})
    made = placed().model_copy(update={"terms": terms})
    posted = tenant.client.post_order(made, "SHOP-77")
    back = refund(2479, unit(), freight=480)
    assert (
        tenant.client.post_credit(wish(made, posted, back, goods_back=goods_back)).differs is None
    )
    found = tenant.simulator.control("credits")
    assert isinstance(found, list)
    assert isinstance(found[0], dict)
    assert found[0]["total"] == "24.79"
    assert found[0]["items"] == [
        {"material": "HAT-M", "quantity": "1", "tax_code": "1"},
        {"material": "POST", "quantity": "1", "tax_code": code},
    ]


def test_sap_takes_back_no_more_of_an_item_than_was_ordered(tenant: Tenant) -> None:
    made = placed()
    posted = tenant.client.post_order(made, "SHOP-77")
    wanted = wish(made, posted, refund(1999, unit("2")), goods_back=True)
    tenant.client.post_credit(wanted)
    with pytest.raises(RejectedError, match="still be returned") as raised:
        tenant.client.post_credit(wanted)
    assert raised.value.field == "RequestedQuantity"


def test_a_document_whose_answer_is_lost_is_found_by_its_reference(tenant: Tenant) -> None:
    made = placed()
    posted = tenant.client.post_order(made, "SHOP-77")
    wanted = wish(made, posted, refund(500), goods_back=False)
    tenant.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        tenant.client.post_credit(wanted)
    assert len(tenant.client.find_credit(wanted)) == 1


@pytest.mark.parametrize("goods_back", [True, False], ids=["return", "request"])
def test_a_document_is_found_though_other_goods_are_known_to_come_back_since(
    tenant: Tenant, *, goods_back: bool
) -> None:
    made = placed()
    posted = tenant.client.post_order(made, "SHOP-77")
    wanted = wish(made, posted, refund(1999, unit()), goods_back=goods_back)
    credited = tenant.client.post_credit(wanted)
    other = replace(wanted, goods_back=not goods_back, credits=())
    assert [one.document for one in tenant.client.find_credit(other)] == [credited.document]


def test_a_line_without_an_article_is_refused_by_name(tenant: Tenant) -> None:
    made = placed()
    posted = tenant.client.post_order(made, "SHOP-77")
    bare = made.lines[0].model_copy(update={"sku": None})
    odd = made.model_copy(update={"lines": (bare, *made.lines[1:])})
    with pytest.raises(RejectedError, match="has no SKU") as raised:
        tenant.client.post_credit(wish(odd, posted, refund(1999, unit()), goods_back=True))
    assert raised.value.field == "line_id"
