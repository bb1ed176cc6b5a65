"""Orders the ERP would not take as they are: held with the field, and released once mended."""

from dataclasses import replace
from decimal import Decimal

from shared.connectors.sap.addresses import LIMITS
from shared.model.case import CaseState, HoldReason
from shared.model.order import Address, Order
from shared.model.order_rules import OrderRule, TaxCode
from shared.model.retailer import Retailer
from tests.domain.test_enrichment import vat
from tests.domain.world import NOW, RETAILER
from tests.flows.world import World, order

LONG = Address(name="Ada Hall", lines=("1 High St",), city="L" * 41, country="GB")


def ruled(*rules: OrderRule) -> World:
    told = RETAILER.model_dump(mode="json") | {"order_rules": rules}
    world = World(Retailer.model_validate(told))
    world.know("M")
    world.capture = replace(world.capture, limits={"erp": LIMITS})
    return world


def state(world: World) -> tuple[CaseState, tuple[HoldReason, ...]]:
    found = world.cases.find("shop:77")
    assert found is not None
    return found.case.state, found.case.holds


def test_an_address_too_long_for_the_erp_holds_the_order_until_it_is_shortened() -> None:
    world = ruled(OrderRule(send_address=True))
    world.capture.take(order(("HAT-M", 1), shipping_address=LONG))
    assert state(world) == (CaseState.HELD, (HoldReason.ADDRESS,))
    (issue,) = world.open()
    assert (issue.field, issue.value) == (
        "shipping_address.city",
        "city of 41 characters, at most 40",
    )
    assert not {"Ada", "High"} & set(f"{issue.summary} {issue.remedy}".split())
    short = LONG.model_copy(update={"city": "London"})
    world.capture.take(order(("HAT-M", 1), shipping_address=short))
    assert state(world) == (CaseState.RELEASED, ())
    assert world.open() == []


def test_an_erp_that_is_sent_no_address_takes_any() -> None:
    world = ruled(OrderRule(division="00"))
    world.capture.take(order(("HAT-M", 1), shipping_address=LONG))
    assert state(world) == (CaseState.RELEASED, ())


def taxed(rate: str) -> Order:
    made = order(("HAT-M", 1), updated_at=NOW)
    lines = tuple(line.model_copy(update={"taxes": (vat(rate),)}) for line in made.lines)
    return made.model_copy(update={"lines": lines})


def test_a_rate_without_a_code_holds_the_order_until_a_rule_names_one() -> None:
    twenty = TaxCode(percent=Decimal(20), code="1")
    world = ruled(OrderRule(tax_codes=(twenty,)))
    world.capture.take(taxed("0.05"))
    assert state(world) == (CaseState.HELD, (HoldReason.TAX_CODE,))
    (issue,) = world.open()
    assert (issue.subject, issue.value) == ("shop:77/tax_code", "5 %")
    five = OrderRule(tax_codes=(twenty, TaxCode(percent=Decimal(5), code="2")))
    retailer = world.retailer.model_copy(update={"order_rules": (five,)})
    world.capture = replace(world.capture, retailer=retailer)
    world.capture.release("shop:77")
    assert state(world) == (CaseState.RELEASED, ())
    assert world.open() == []
