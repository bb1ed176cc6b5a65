"""What a vendor has yet to deliver: out once, again when nobody took it, given up in the end."""

from datetime import UTC, datetime, timedelta

from sandbox.simulator import Delivery
from sandbox.vendors.outgoing import Outgoing

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
WAIT = timedelta(seconds=10)
HOOK = Delivery("1", {}, b"{}")


def test_a_delivery_is_handed_out_once_until_it_is_answered() -> None:
    box = Outgoing(lambda _failed: WAIT)
    box.put(HOOK, NOW)
    assert (box.due(NOW), box.due(NOW)) == ([HOOK], [])
    box.answered(HOOK, 204, NOW)
    assert (box.waiting, box.sent, box.due(NOW + WAIT)) == (0, 1, [])


def test_what_nobody_took_comes_again_ever_more_slowly_and_is_then_given_up() -> None:
    box = Outgoing(lambda failed: failed * WAIT if failed < 3 else None)
    lost: list[str] = []
    box.put(HOOK, NOW, lost=lambda: lost.append("hook"))
    at = NOW
    for failed, status in enumerate((None, 500, 301), 1):
        assert box.due(at) == [HOOK]
        box.answered(HOOK, status, at)
        assert box.due(at) == []
        at += failed * WAIT
    assert (box.waiting, box.given_up, lost) == (0, 1, ["hook"])
