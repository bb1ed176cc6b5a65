"""Deliveries, dead letters and replays: nothing vanishes, all can be done again."""

import json
import zlib
from collections.abc import Mapping, Sequence

import pytest

from shared.errors import RejectedError, ThrottledError
from shared.flows import keys
from shared.flows.intake import Normalizer, replay_delivery, unpacked
from shared.flows.issues import Issues
from shared.flows.pacing import LeasedPacer
from shared.flows.recovery import Replay, dead_letter
from shared.flows.trace import Tracer
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Message, Put, Reading
from tests.domain.world import NOW, RETAILER
from tests.fakes import MemoryBlobs
from tests.flows.world import World, order


class Inbox:
    def __init__(self) -> None:
        self.world = World()
        self.blobs = MemoryBlobs()
        w = self.world
        self.normalizer = Normalizer(
            w.store, self.blobs, w.queues, w.issues, w.clock, self.understand
        )

    def understand(
        self, connection: str, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Reading]:
        assert (connection, headers) == ("shop", {"topic": "orders/create"})
        said = json.loads(body)
        if not isinstance(said.get("id"), int):
            raise RejectedError("id is not a number", field="id", value=said.get("id"))
        return [Reading(Entity.ORDER, str(said["id"]))]

    def deliver(self, body: object, delivery: str = "d1") -> None:
        row: dict[str, object] = {
            "state": "received",
            "received_at": NOW.isoformat(),
            "headers": {"topic": "orders/create"},
        }
        raw = zlib.compress(json.dumps(body).encode())
        put = Put(keys.inbox("shop", delivery), row, 0, raw=raw)  # type: ignore[arg-type]
        self.world.store.commit([put])
        self.handle(delivery)

    def handle(self, delivery: str = "d1") -> None:
        self.normalizer.handle([keys.inbox("shop", delivery)])

    def state(self, delivery: str = "d1") -> object:
        key = keys.inbox("shop", delivery)
        return self.world.store.get([key])[key].body["state"]


def test_a_delivery_becomes_a_message_to_read_again_and_its_raw_body_is_archived() -> None:
    inbox = Inbox()
    inbox.deliver({"id": 77})
    assert [dict(m.body) for m in inbox.world.queues.take("shop-read")] == [
        {"read": "order", "key": "77"}
    ]
    assert inbox.state() == "handled"
    assert unpacked(inbox.blobs.get("raw/shop/2026-11-27/d1.z")) == b'{"id": 77}'


def test_a_delivery_handled_twice_sends_once() -> None:
    inbox = Inbox()
    inbox.deliver({"id": 77})
    inbox.handle()
    assert len(inbox.world.queues.sent) == 1


def test_a_delivery_nobody_understands_is_parked_with_an_exception_naming_the_field() -> None:
    inbox = Inbox()
    inbox.deliver({"id": "many"})
    assert inbox.state() == "parked"
    issue = inbox.world.open()[0]
    assert (issue.kind, issue.field, issue.value) == ("bad_message", "id", "many")


def test_a_parked_delivery_is_read_anew_from_the_archive_when_it_is_replayed() -> None:
    inbox = Inbox()
    inbox.deliver({"id": "many"})
    world = inbox.world
    inbox.blobs.kept["raw/shop/2026-11-27/d1.z"] = zlib.compress(b'{"id": 78}')
    replay = Replay(world.store, world.queues, world.issues, world.clock)
    assert replay.issue("bad_message#shop/d1", by="ops") is not None
    inbox.handle()
    assert inbox.state() == "handled"
    assert [m.body["key"] for m in world.queues.sent] == ["78"]
    assert world.open() == []


def test_a_delivery_that_was_never_kept_cannot_be_replayed() -> None:
    inbox = Inbox()
    assert not replay_delivery("shop", "d9", store=inbox.world.store, clock=inbox.world.clock)


def test_a_kept_body_never_inflates_beyond_what_a_door_lets_in() -> None:
    with pytest.raises(RejectedError):
        unpacked(zlib.compress(b"x" * (1024 * 1024 + 1)))


def test_a_dead_letter_keeps_its_keys_and_can_be_sent_again() -> None:
    world = World()
    world.issues.report([dead_letter("erp-write-dead", '{"case":"shop:77"}', message_id="m1")])
    issue = world.open()[0]
    assert (issue.kind, issue.connection) == (IssueKind.DEAD_LETTER, "erp")
    replay = Replay(world.store, world.queues, world.issues, world.clock)
    replay.issue(issue.issue_id, by="ops")
    assert [dict(m.body) for m in world.queues.take("erp-write")] == [{"case": "shop:77"}]
    assert world.open() == []


def test_what_failed_again_before_its_replay_was_over_is_told_of_still() -> None:
    world = World()
    letter = dead_letter("erp-write-dead", '{"case":"shop:77"}', message_id="m1")
    world.issues.report([letter])
    send = world.queues.send

    class AtOnce:
        """A queue whose message has been handled, and failed, before its sender goes on."""

        def send(self, messages: Sequence[Message]) -> None:
            send(messages)
            world.issues.report([letter])

    name = world.open()[0].issue_id
    Replay(world.store, AtOnce(), world.issues, world.clock).issue(name, by="ops")
    assert [one.count for one in world.open()] == [2]


@pytest.mark.parametrize(
    "body",
    [
        {"file": "drop/erp/price/a b.csv", "run": "2026-11-27T09:00:00+00:00"},
        {
            "Records": [
                {"eventTime": "t", "s3": {"object": {"key": "drop/erp/price/a+b.csv", "eTag": "1"}}}
            ]
        },
    ],
)
def test_a_dead_letter_about_a_file_is_named_after_it_and_can_be_sent_again(
    body: dict[str, object],
) -> None:
    problem = dead_letter("import-dead", json.dumps(body), message_id="m1")
    assert problem.subject == "import/file=drop/erp/price/a b.csv"
    assert problem.replay is not None
    assert {"queue": "import", "file": "drop/erp/price/a b.csv"}.items() <= problem.replay.items()


def test_of_a_notification_that_could_not_be_kept_no_word_is_repeated() -> None:
    world = World()
    body = json.dumps({"Payload": {"DestinationPostalCode": "E1 6AN"}})
    told = [dead_letter("market-notifications-dead", body, message_id=m) for m in ("m1", "m2")]
    world.issues.report(told)
    issue = world.issues.find("dead_letter#market-notifications")
    assert issue is not None
    assert (issue.count, issue.connection) == (2, "market")
    assert issue.replay == {"queue": "market-read", "poll": "order"}
    assert "E1" not in issue.model_dump_json()


def test_an_unreadable_dead_letter_is_still_an_exception() -> None:
    world = World()
    world.issues.report([dead_letter("erp-write-dead", "not json", message_id="m1")])
    issue = world.open()[0]
    replay = Replay(world.store, world.queues, world.issues, world.clock)
    with pytest.raises(RejectedError, match="nothing to replay"):
        replay.issue(issue.issue_id, by="ops")


def test_a_function_that_fails_each_minute_is_one_exception() -> None:
    world = World()
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:shelfwire-demo-sweep:$LATEST"
    for minute in range(3):
        told = {"requestContext": {"functionArn": arn, "requestId": str(minute)}, "version": "1.0"}
        letter = dead_letter("stream-failures", json.dumps(told), message_id=str(minute))
        world.issues.report([letter])
    (issue,) = world.open()
    assert (issue.count, issue.subject) == (3, "stream-failures/shelfwire-demo-sweep")


def test_an_unknown_exception_is_not_replayed() -> None:
    world = World()
    replay = Replay(world.store, world.queues, world.issues, world.clock)
    assert replay.issue("dead_letter#nothing", by="ops") is None


def test_repeats_fold_into_one_exception_that_counts() -> None:
    world = World()
    for _ in range(4):
        world.issues.report([dead_letter("erp-read-dead", '{"poll":"stock"}', message_id="m")])
        world.clock.advance(minutes=1)
    issue = world.open()[0]
    assert (issue.count, issue.first_seen, len(world.open())) == (4, NOW, 1)
    assert world.bus.types == ["IssueRaised"]


def test_a_solved_exception_that_comes_back_is_news_again() -> None:
    world = World()
    problem = dead_letter("erp-read-dead", '{"poll":"stock"}', message_id="m")
    world.issues.report([problem])
    assert world.issues.solve(problem.kind, problem.subject, by="ops")
    assert not world.issues.solve(problem.kind, problem.subject, by="ops")
    world.issues.report([problem])
    assert world.bus.types == ["IssueRaised", "IssueSolved", "IssueRaised"]


def test_a_trace_tells_fact_rule_target_and_outcome() -> None:
    world = World()
    world.know("M")
    world.settle()
    story = Tracer(world.store, world.retailer).sku("HAT-M")
    assert story is not None
    text = json.dumps(story)
    assert "condition PR00-HAT-M of retail" in text
    assert "on hand 10" in text
    assert '"verdict": "applied"' in text


def test_a_trace_of_an_order_names_no_customer() -> None:
    world = World()
    world.know("M")
    world.capture.take(order(customer={"email": "ann@example.com", "reference": "1"}))
    story = Tracer(world.store, world.retailer).order("shop:77", now=NOW)
    assert story is not None
    assert story["state"] == "released"
    assert "ann@example.com" not in json.dumps(story)


def test_nothing_known_is_said_so() -> None:
    world = World()
    assert Tracer(world.store, world.retailer).sku("X") is None
    assert Tracer(world.store, world.retailer).order("shop:1", now=NOW) is None


def pacer(world: World) -> LeasedPacer:
    return LeasedPacer(RETAILER.connection("shop"), world.store, world.clock)


def test_points_are_leased_in_blocks_that_grow() -> None:
    world = World()
    mine = pacer(world)
    for _ in range(4):
        mine.take(6)
    assert len(world.store.written) == 1
    for _ in range(160):
        mine.take(6)
    assert len(world.store.written) == 6


def test_a_small_rest_is_kept_for_the_next_invocation() -> None:
    world = World()
    mine = pacer(world)
    mine.take(6)
    mine.give_back()
    mine.take(6)
    assert len(world.store.written) == 1


def spend(mine: LeasedPacer, cost: int, times: int) -> int:
    """Take as often as is granted, and say how much that came to."""
    for i in range(times):
        try:
            mine.take(cost)
        except ThrottledError:
            return cost * i
    return cost * times


def test_two_holders_never_spend_more_than_the_bucket() -> None:
    world = World()
    first, second = pacer(world), pacer(world)
    spent = sum(spend(mine, 10, 3) for mine in (first, second) * 100)
    assert 1500 < spent <= 2000  # who goes on calling waits for a block of what little is left


def test_what_a_holder_gives_back_another_may_spend() -> None:
    world = World()
    first, second = pacer(world), pacer(world)
    first.take(100)
    first.give_back()
    assert 1500 < spend(second, 10, 300) <= 1900  # of what little is left a block is waited for


def test_an_empty_bucket_says_when_to_come_back() -> None:
    world = World()
    mine = pacer(world)
    spend(mine, 10, 300)
    with pytest.raises(ThrottledError) as raised:
        mine.take(10)
    assert raised.value.after is not None
    world.clock.at += raised.value.after
    mine.take(10)


def test_the_vendor_s_own_count_is_believed_when_it_is_lower() -> None:
    world = World()
    mine = pacer(world)
    mine.take(1000)
    mine.observe(available=5, rate=1000, spent=1000)
    assert spend(mine, 10, 100) == 0


def test_the_vendor_s_own_count_refills_like_ours() -> None:
    world = World()
    mine = pacer(world)
    mine.take(1000)
    mine.observe(available=0, rate=1000, spent=1000)
    world.clock.advance(seconds=1)
    assert spend(mine, 100, 100) == 1000


def test_issues_are_listed_longest_waiting_first() -> None:
    world = World()
    book = Issues(world.store, world.bus, world.clock)
    for name in ("b", "a"):
        book.report([dead_letter("erp-read-dead", json.dumps({"poll": name}), message_id="m")])
        world.clock.advance(minutes=1)
    assert [issue.replay for issue in world.open()] == [
        {"poll": "b", "queue": "erp-read"},
        {"poll": "a", "queue": "erp-read"},
    ]
