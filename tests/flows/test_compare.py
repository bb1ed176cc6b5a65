"""What a channel really shows, compared with its targets, and repaired by policy."""

import pytest

from shared.errors import AccessError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.compare import PATIENCE, WAIT
from shared.flows.compare_runs import RUN_MAX, standing
from shared.flows.recovery import Replay
from shared.model.ids import Entity, Facet
from shared.model.parity import Cause
from shared.model.policies import Repair
from shared.model.target import TargetState, Verdict
from shared.ports import Put
from tests.flows.compare_world import SIZES, Compared, findings, levels, pounds
from tests.flows.world import World


def test_a_channel_that_shows_what_it_should_costs_a_read_per_page_and_no_write() -> None:
    world = Compared()
    before = list(world.store.written)
    found = world.compare()
    assert (found.tally.equal, found.tally.compared, found.tally.share_equal) == (3, 3, "1.000000")
    assert world.channel.read == [(Facet.PRICE, ["HAT-L", "HAT-M"]), (Facet.PRICE, ["HAT-S"])]
    assert world.channel.calls == []
    assert {key.pk for key in world.store.written[len(before) :]} == {"parity#shop#price"}
    assert not world.open()
    assert not findings(world)


def test_what_staff_edited_is_asked_about_once_with_examples_and_a_way_to_decide() -> None:
    world = Compared()
    world.edit(pounds(1))
    world.edit(pounds(2), "HAT-S")
    found = world.compare()
    assert found.tally.differing == {Cause.EDITED: 2}
    assert world.shows() == pounds(1)
    (issue,) = world.open()
    assert (issue.issue_id, issue.count) == ("edited_on_channel#shop/price", 1)
    assert issue.summary.startswith("shop, price: 2 of 3 compared were edited on the channel")
    assert "HAT-M shows 0.01 GBP, not 19.99 GBP" in issue.summary
    assert "parity.price" in issue.remedy
    assert findings(world) == [("edited", "ask", 2)]
    world.compare()
    assert [again.count for again in world.open()] == [2]


def test_an_exception_asked_about_is_solved_once_nothing_differs() -> None:
    world = Compared()
    world.edit(pounds(1))
    world.compare()
    world.edit(pounds(1999))
    world.compare()
    assert world.open() == []


def test_replaying_the_question_overwrites() -> None:
    world = Compared()
    world.edit(pounds(1))
    world.compare()
    (issue,) = world.open()
    Replay(world.store, world.queues, world.issues, world.clock).issue(issue.issue_id, by="me")
    world.handle(**world.next())
    found = world.finish()
    assert found.policy is Repair.OVERWRITE
    world.publish()
    assert world.shows() == pounds(1999)
    assert world.open() == []


def test_what_staff_edited_is_overwritten_by_policy_and_then_nothing_is_found() -> None:
    world = Compared(Repair.OVERWRITE)
    world.edit(pounds(1))
    found = world.compare()
    assert found.tally.differing == {Cause.EDITED: 1}
    assert [message.queue for message in world.queues.take("shop-write")] == ["shop-write"]
    assert world.target().published == pounds(1)
    world.publish()
    assert world.shows() == pounds(1999)
    assert world.open() == []
    world.rest()
    again = world.compare()
    assert (again.tally.equal, again.tally.differing) == (3, {})
    assert world.channel.calls == []


def test_levels_are_overwritten_on_what_is_shown_so_that_the_vendor_can_compare() -> None:
    world = Compared(Repair.OVERWRITE)
    world.edit(levels(london=99, leeds=0), facet=Facet.STOCK)
    world.compare(Facet.STOCK)
    assert world.target(Facet.STOCK).published == levels(london=99, leeds=0)
    world.publish()
    assert world.shows(facet=Facet.STOCK) == levels(london=10, leeds=0)


def test_an_accepted_value_stays_until_the_erp_says_something_new() -> None:
    world = Compared(Repair.ACCEPT)
    world.edit(pounds(1))
    assert world.compare().tally.differing == {Cause.EDITED: 1}
    assert world.target().attempts[-1].detail.startswith("accepted: edited")
    world.rest()
    world.settle()
    again = world.compare()
    assert (again.tally.accepted, again.tally.differing) == (1, {})
    assert world.shows() == pounds(1)
    world.price(1899)
    world.settle()
    assert world.shows() == pounds(1899)


def test_an_older_value_of_ours_is_sent_anew_even_where_the_channel_may_keep_its_own() -> None:
    world = Compared(Repair.ACCEPT)
    world.price(1899)
    world.settle()
    world.rest()
    world.edit(pounds(1999))
    found = world.compare()
    assert [(f.cause, f.repair) for f in found.examples] == [(Cause.OURS, Repair.OVERWRITE)]
    world.publish()
    assert world.shows() == pounds(1899)


def test_an_article_gone_from_the_channel_is_never_written_over() -> None:
    world = Compared(Repair.OVERWRITE)
    del world.channel.shows[Facet.PRICE, "HAT-M"]
    found = world.compare()
    assert found.tally.differing == {Cause.MISSING: 1}
    assert world.target().state is TargetState.APPLIED
    assert world.kinds() == ["missing_on_channel"]


def test_a_wish_behind_the_facts_is_told_and_not_sent_again() -> None:
    world = Compared(Repair.OVERWRITE)
    world.edit(pounds(1))
    world.price(1500)  # and its derivation hangs
    found = world.compare()
    assert found.tally.differing == {Cause.ERP: 1}
    assert "15.00 GBP" in found.examples[0].evidence
    assert world.target().state is TargetState.APPLIED
    assert world.kinds() == ["derivation_lags"]


def test_a_refused_line_is_counted_and_asked_about_by_its_own_exception_alone() -> None:
    world = Compared(Repair.OVERWRITE)
    world.price(1500)
    world.channel.answers = [Verdict.REJECTED]
    world.settle()
    world.rest()
    assert world.compare().tally.differing == {Cause.REFUSED: 1}
    assert world.kinds() == ["line_rejected"]
    assert findings(world) == [("refused", None, 1)]


def test_what_is_under_way_is_not_judged() -> None:
    world = Compared(Repair.OVERWRITE)
    world.price(1500)
    world.derive()
    found = world.compare()
    assert (found.tally.equal, found.tally.moving, found.tally.differing) == (2, 1, {})


def test_what_was_written_within_the_settle_time_is_not_judged() -> None:
    world = Compared(Repair.OVERWRITE)
    world.price(1500)
    world.settle()
    world.edit(pounds(1999))
    assert world.compare().tally.moving == 1


@pytest.mark.parametrize("facet", [Facet.PRICE, Facet.STOCK])
def test_a_target_is_never_held_against_what_was_read_before_it_was_written(facet: Facet) -> None:
    world = Compared(Repair.OVERWRITE)

    def change() -> None:
        world.price(1500)
        world.stock(3)
        world.settle()

    world.channel.meanwhile = [change]
    found = world.compare(facet)
    assert found.tally.differing == {}
    assert world.shows() == pounds(1500)
    assert not world.open()


@pytest.mark.parametrize("policy", Repair)
def test_a_target_that_moves_during_the_second_look_is_no_finding(policy: Repair) -> None:
    world = Compared(policy)
    world.edit(pounds(1))

    def change() -> None:
        world.price(1500)
        world.derive()

    world.channel.meanwhile = [lambda: None, lambda: None, change]
    found = world.compare()
    assert (found.tally.equal, found.tally.moving, found.tally.differing) == (2, 1, {})
    assert not world.open()


def test_a_difference_seen_once_is_none() -> None:
    world = Compared(Repair.OVERWRITE)
    world.edit(pounds(1))
    late = lambda: world.edit(pounds(1999))  # noqa: E731
    world.channel.meanwhile = [lambda: None, lambda: None, late]
    found = world.compare()
    assert (found.tally.equal, found.tally.differing) == (3, {})


def test_a_value_that_goes_on_changing_is_not_judged() -> None:
    world = Compared(Repair.OVERWRITE)
    world.edit(pounds(1))
    world.channel.meanwhile = [lambda: None, lambda: None, lambda: world.edit(pounds(2))]
    found = world.compare()
    assert (found.tally.moving, found.tally.differing) == (1, {})


def test_a_sale_nobody_told_of_is_found_out_before_its_level_is_judged() -> None:
    world = Compared(Repair.OVERWRITE)
    world.sell(4)
    found = world.compare(Facet.STOCK)
    assert world.polls == 1
    assert found.tally.differing == {}
    world.publish()
    assert world.shows(facet=Facet.STOCK) == levels(london=6, leeds=0)


def test_a_sale_whose_derivation_hangs_is_not_sold_twice() -> None:
    world = Compared(Repair.OVERWRITE)
    placed = world.sell(4)
    world.capture.take(placed)  # holds are written, but no stream hands them on
    world.handle(compare="stock")
    message = world.next()
    world.clock.advance(minutes=1)
    with pytest.raises(RetryableError):
        world.handle(**message)
    key = keys.cursor("shop", Entity.ORDER)
    world.clock.advance(minutes=5)
    world.store.commit([Put(key, {"done": world.clock.now().isoformat(), "heard": ""}, 0)])
    found = world.handle(**message)
    assert found is not None
    assert found.tally.differing == {Cause.ERP: 1}
    world.publish()
    assert world.shows(facet=Facet.STOCK) == levels(london=6, leeds=0)


def test_levels_are_not_judged_while_orders_cannot_be_read() -> None:
    world = Compared(Repair.OVERWRITE)
    world.edit(levels(london=99, leeds=0), facet=Facet.STOCK)
    world.polled = False
    began = world.clock.now()
    found = world.compare(Facet.STOCK)
    assert PATIENCE < world.clock.now() - began <= PATIENCE + 2 * WAIT
    assert (found.tally.moving, found.tally.differing) == (1, {})


def test_a_run_goes_on_by_message_where_it_stopped() -> None:
    world = Compared()
    world.out_of_time = True
    world.edit(pounds(1), "HAT-S")
    found = world.compare()
    assert (found.tally.equal, found.tally.differing) == (2, {Cause.EDITED: 1})
    assert [lines for _, lines in world.channel.read] == [["HAT-L", "HAT-M"], ["HAT-S"], ["HAT-S"]]


def test_a_failed_page_is_done_again_and_counted_once() -> None:
    world = Compared()

    def fail() -> None:
        raise RetryableError("the shop is away", after=WAIT)

    world.channel.meanwhile = [lambda: None, fail]
    assert world.compare().tally.equal == 3


def test_a_second_message_of_the_same_run_does_not_count_twice() -> None:
    world = Compared()
    world.handle(compare="price")
    message = world.next()

    def twin() -> None:
        assert world.handle(**message) is not None

    world.channel.meanwhile = [twin]
    with pytest.raises(RetryableError):
        world.handle(**message)
    assert world.handle(**message) is None
    (price, _) = standing(world.store, world.retailer)
    assert price["equal"] == 3


def test_a_run_under_way_is_not_begun_again_but_a_lost_one_is() -> None:
    world = Compared()
    world.handle(compare="price")
    lost = world.next()
    world.handle(compare="price")
    assert world.next() == {}
    world.clock.at += RUN_MAX
    world.handle(compare="price")
    assert world.next()["run"] != lost["run"]
    assert world.handle(**lost) is None


def test_all_channels_say_how_they_stand() -> None:
    world = Compared()
    price, stock = standing(world.store, world.retailer)
    assert (price["finished"], stock["running"]) == (None, False)
    world.edit(pounds(1))
    world.compare()
    world.handle(compare="stock")
    price, stock = standing(world.store, world.retailer)
    assert price["compared"] == 3
    assert price["share_equal"] == "0.666666"
    assert price["differing"] == {"edited": 1}
    assert (price["running"], stock["running"]) == (False, True)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"compare": "content"}, "compare"),
        ({"compare": "price", "channel": "till"}, "channel"),
        ({"compare": "price", "repair": "burn"}, "repair"),
    ],
)
def test_a_message_that_names_nothing_there_is_says_what_there_is(
    message: dict[str, str], field: str
) -> None:
    with pytest.raises(RejectedError) as refused:
        Compared().handle(**message)
    assert (refused.value.field, refused.value.value) == (field, message[field])
    assert refused.value.remedy


def test_refused_credentials_are_told_and_tried_again_later() -> None:
    world = Compared()

    def refuse() -> None:
        raise AccessError("no such token")

    world.channel.meanwhile = [refuse]
    world.handle(compare="price")
    with pytest.raises(RetryableError) as error:
        world.handle(**world.next())
    assert error.value.after
    assert world.kinds() == ["access"]


def test_what_was_published_is_on_the_roster_whatever_crashes() -> None:
    world = World()
    world.know(*SIZES)
    world.settle()
    pks = [(key.pk, key.sk) for key in world.store.written]
    for facet in ("price", "stock"):
        for size in SIZES:
            enrolled = pks.index((f"roster#shop#{facet}", f"HAT-{size}"))
            target = [i for i, pk in enumerate(pks) if pk[0] == f"shop#{facet}#HAT-{size}"][-1]
            assert enrolled < target
