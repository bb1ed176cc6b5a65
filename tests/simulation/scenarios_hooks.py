"""A shop that drops its webhook subscriptions, and sells meanwhile."""

from functools import partial

from shared.connectors.shopify.hints import ORDER_ID
from shared.flows import keys
from shared.ports import Put, Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.faults import Kind
from tests.simulation.scenario import ALL, Play, Scenario, few

URL = "https://api.example/hooks/shop"
NEVER = 1440  # minutes between polls: only what the flow itself asks for


def _drops_them(play: Play) -> None:
    """An hour after all was seen; what is sold then is told of by nobody."""
    now = play.world.engine.now()
    key = keys.hooks("shop")
    [row] = [row for row in play.world.store.rows(Table.CONTROL) if row.key == key]
    body = {"whole": now.isoformat(), "due": now.isoformat()}
    play.world.store.put_now(Put(key, body, row.rev))
    play.world.vendors["shop"].control("unsubscribe")
    play.later(5 * SECOND, partial(play.order, "shop", ("HAT-M", 1)))


def _made_anew(play: Play) -> list[str]:
    there = play.world.vendors["shop"].control("subscriptions")
    found = (
        []
        if there.keys() == ORDER_ID.keys() and set(there.values()) == {URL}
        else [f"heard: {there}"]
    )
    told = {r.body["kind"]: r.body["state"] for r in play.world.store.rows(Table.ISSUES)}
    if told.get("webhook_lost") != "solved":
        found.append(f"webhook_lost is {told.get('webhook_lost')}")
    return found


HOOKS = (
    Scenario(
        "a shop drops its webhook subscriptions",
        few,
        _drops_them,
        chaos_ms=4 * MINUTE,
        kinds=ALL - {Kind.HOOK_LOST},
        poll_minutes=NEVER,
        settings=f'hooks_url = "{URL}"',
        reads=(),
        check=_made_anew,
    ),
)
