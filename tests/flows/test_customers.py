"""The ERP's customer of an order: one for one, whatever is lost on the way."""

from datetime import timedelta

import pytest

from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError, ThrottledError
from shared.flows.issues import open_issues
from shared.model.case import Case, CaseState, HoldReason
from shared.model.order import Customer, Order
from shared.model.order_rules import OrderRule
from shared.model.order_terms import CustomerPolicy
from shared.model.retailer import Retailer
from tests.domain.world import RETAILER
from tests.flows.world import World, order

ADA = Customer(reference="7", email="Ada@Example.com ")
SETTLE_S = 60


def world_with(policy: CustomerPolicy) -> World:
    rule = OrderRule(customer=policy, house_account="17100001")
    told = RETAILER.model_dump(mode="json") | {"order_rules": [rule]}
    made = World(Retailer.model_validate(told))
    made.know("M")
    return made


@pytest.fixture
def world() -> World:
    return world_with("create")


def placed(external_id: str = "77", customer: Customer = ADA) -> Order:
    return order(("HAT-M", 1), external_id=external_id, customer=customer)


def case(world: World, external_id: str = "77") -> Case:
    found = world.cases.find(f"shop:{external_id}")
    assert found is not None
    return found.case


def sold_to(world: World, external_id: str = "77") -> str | None:
    terms = case(world, external_id).order.terms
    assert terms is not None
    return terms.sold_to


def send(world: World, made: Order) -> None:
    world.capture.take(made)
    world.sender.send(made.order_id)


def test_a_customer_is_created_with_the_first_order_and_found_for_the_next(world: World) -> None:
    send(world, placed("77"))
    send(world, placed("78"))
    assert sold_to(world, "77") == sold_to(world, "78") == "9001"
    assert len(world.erp.customers) == 1
    assert len(world.erp.orders) == 2


def test_the_same_person_is_one_as_a_guest_and_with_another_e_mail_of_the_account(
    world: World,
) -> None:
    send(world, placed("77"))
    send(world, placed("78", Customer(email="ada@example.COM")))
    send(world, placed("79", ADA.model_copy(update={"email": "ada@new.example"})))
    assert len(world.erp.customers) == 1


@pytest.mark.parametrize("emails", [("", "ada@example.com"), ("ada@example.com", "")])
def test_an_account_is_one_customer_whether_its_e_mail_is_told_or_not(
    world: World, emails: tuple[str, str]
) -> None:
    for number, email in zip(("77", "78"), emails, strict=True):
        send(world, placed(number, Customer(reference="7", email=email)))
    assert sold_to(world, "77") == sold_to(world, "78") == "9001"


def test_two_people_are_two(world: World) -> None:
    send(world, placed("77"))
    send(world, placed("78", Customer(email="bob@example.com")))
    assert sold_to(world, "77") != sold_to(world, "78")


def test_who_says_nothing_of_himself_is_booked_on_the_house(world: World) -> None:
    send(world, placed("77", Customer()))
    assert sold_to(world) == "17100001"
    assert world.erp.customers == {}


def test_a_customer_known_by_e_mail_is_matched_and_none_is_created(world: World) -> None:
    world.erp.by_email["Ada@Example.com"] = "4711"
    send(world, placed())
    assert sold_to(world) == "4711"
    assert world.erp.customers == {}


def test_matching_creates_nobody(world: World) -> None:
    world = world_with("match")
    send(world, placed())
    assert sold_to(world) == "17100001"
    world.erp.by_email["Ada@Example.com"] = "4711"
    send(world, placed("78"))
    assert sold_to(world, "78") == "4711"


def test_on_the_house_nobody_is_asked() -> None:
    world = world_with("house")
    send(world, placed())
    assert sold_to(world) == "17100001"
    assert world.erp.asked == []


@pytest.mark.parametrize("kept", [True, False])
def test_an_answer_lost_is_asked_about_before_a_second_customer_is_created(
    world: World, *, kept: bool
) -> None:
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], kept
    world.capture.take(placed())
    with pytest.raises(RetryableError) as raised:
        world.sender.send("shop:77")
    assert raised.value.after == timedelta(seconds=SETTLE_S)
    if not kept:
        with pytest.raises(RetryableError):
            world.sender.send("shop:77")
    world.clock.advance(seconds=SETTLE_S)
    world.sender.send("shop:77")
    assert len(world.erp.customers) == len(world.erp.orders) == 1
    assert case(world).state is CaseState.ACCEPTED


@pytest.mark.parametrize("error", [ThrottledError("busy"), AccessError("denied")])
def test_what_did_not_reach_the_erp_is_tried_again_without_waiting(
    world: World, error: Exception
) -> None:
    world.erp.errors, world.erp.keeps = [error], False
    world.capture.take(placed())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.sender.send("shop:77")
    assert len(world.erp.customers) == len(world.erp.orders) == 1


def test_a_customer_the_erp_refuses_holds_the_order_and_is_not_named(world: World) -> None:
    refusal = RejectedError("Country XX of Ada Hall is not defined", field="Country")
    world.erp.errors, world.erp.keeps = [refusal], False
    send(world, placed())
    assert case(world).holds == (HoldReason.REJECTED_BY_ERP,)
    (issue,) = open_issues(world.store)
    assert (issue.kind, issue.field) == ("order_rejected", "Country")
    said = " ".join([issue.summary, issue.remedy, *(hop.detail for hop in case(world).timeline)])
    assert "Ada" not in said
    world.sender.send("shop:77", retry_rejected=True)
    assert case(world).state is CaseState.ACCEPTED


def test_after_a_replay_the_erp_is_asked_anew_who_the_customer_is(world: World) -> None:
    send(world, placed("77"))
    world.erp.errors, world.erp.keeps = [RejectedError("blocked", field="SoldToParty")], False
    send(world, placed("78"))
    world.erp.customers = dict.fromkeys(world.erp.customers, "5000")
    world.sender.send("shop:78", retry_rejected=True)
    assert sold_to(world, "78") == "5000"


def test_while_somebody_else_creates_the_customer_an_order_waits(world: World) -> None:
    world.capture.take(placed("77"))
    world.capture.take(placed("78"))
    find = world.erp.find_customer
    others: list[str] = ["shop:78"]

    def racing(wish: object) -> list[str]:
        found = find(wish)  # type: ignore[arg-type]
        if others:
            world.sender.send(others.pop())
        return found

    world.erp.find_customer = racing  # type: ignore[method-assign]
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.sender.send("shop:77")
    assert len(world.erp.customers) == 1
    assert sold_to(world, "77") == sold_to(world, "78")


def test_a_customer_who_was_created_twice_after_all_is_told_of_with_the_repair(
    world: World,
) -> None:
    world.erp.errors, world.erp.keeps = [InDoubtError("lost")], False
    world.capture.take(placed())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.clock.advance(seconds=SETTLE_S)
    world.sender.send("shop:77")
    (reference,) = world.erp.customers
    world.erp.customers[reference] += " 9002"
    checks = [m for m in world.queues.sent if dict(m.body).get("check") == "duplicates"]
    assert [(dict(m.body)["case"], m.delay_s) for m in checks] == [("shop:77", SETTLE_S)]
    assert not world.sender.check_duplicates("shop:77")
    world.clock.advance(seconds=SETTLE_S)
    assert world.sender.check_duplicates("shop:77")
    (issue,) = open_issues(world.store)
    assert (issue.kind, issue.subject) == ("duplicate_in_erp", f"customer/{reference}")
    assert (issue.value, issue.remedy[:9]) == ("9001, 9002", "keep 9001")


def test_no_row_of_a_customer_says_who_he_is(world: World) -> None:
    send(world, placed())
    rows = [key for key in world.store.written if "customer" in key.pk]
    assert rows
    kept = str([world.store.get([key])[key] for key in rows]).casefold()
    assert "ada" not in kept.replace("#", " ").split()
    assert "example.com" not in kept


def test_a_replay_asks_nobody_about_an_order_of_the_house() -> None:
    world = world_with("house")
    world.erp.errors, world.erp.keeps = [RejectedError("no such material")], False
    send(world, placed())
    world.sender.send("shop:77", retry_rejected=True)
    assert case(world).state is CaseState.ACCEPTED
    assert world.erp.asked == []


def test_a_customer_row_that_is_contended_is_come_back_for(world: World) -> None:
    world.capture.take(placed())
    commit = world.store.commit
    world.store.commit = lambda writes: [False for _ in writes]  # type: ignore[method-assign]
    with pytest.raises(RetryableError, match="contended"):
        world.sender.send("shop:77")
    world.store.commit = commit  # type: ignore[method-assign]
    world.sender.send("shop:77")
    assert case(world).state is CaseState.ACCEPTED
