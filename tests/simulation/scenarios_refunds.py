"""Days on which customer service asks for refunds, twice when in doubt, and the shop makes them."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from shared.model.issue import IssueKind
from tests.simulation.engine import SECOND
from tests.simulation.scenario import ORDERLY, REPLAYED, Play, Scenario, catalogue

PATIENCE = 40  # tries: a call that is never answered may be done all the same


@dataclass(slots=True)
class Desk:
    """`promised` are the refunds a caller was told of, by our name."""

    play: Play
    promised: dict[str, str] = field(default_factory=dict)

    def ask(self, **said: object) -> None:
        """Of the one order there is, under the caller's own id."""
        for order in self.play.world.vendors["shop"].shop.orders.values():
            body = {"order_id": f"shop:{order.order_id}", "reason": "broken", **said}
            self._ask(body, PATIENCE)

    def _ask(self, body: dict[str, object], tries: int) -> None:
        event = {
            "routeKey": "POST /v1/refunds",
            "rawPath": "/v1/refunds",
            "headers": {"idempotency-key": str(body["refund_id"])},
            "pathParameters": {},
            "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": "desk"}}}},
            "body": json.dumps(body),
        }

        def ended(result: Any, error: BaseException | None) -> None:
            status = 500 if error is not None else int(result["statusCode"])
            if status in {404, 500, 503} and tries:
                self.play.world.engine.at(SECOND, partial(self._ask, body, tries - 1))
            elif status == 201:
                made = json.loads(result["body"])
                self.promised[made["name"]] = made["total"]

        self.play.world.functions["api-returns"].invoke(event, ended)


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=10)


def _asked(play: Play) -> None:
    """Something for the trouble, twice; the first call comes twice as well."""
    desk = play.notes["desk"] = Desk(play)
    play.later(5 * SECOND, partial(play.order, "shop", ("HAT-M", 2)))
    play.later(22 * SECOND, play.deliver)
    at = play.rng.randint(45, 60) * SECOND
    first = partial(desk.ask, refund_id="CS-1", appeasement="1.00")
    play.later(at, first)
    play.later(at + play.rng.randint(0, 3) * SECOND, first)
    play.later(
        at + play.rng.randint(0, 20) * SECOND,
        partial(desk.ask, refund_id="CS-2", appeasement="2.50"),
    )


def _made_once(play: Play) -> list[str]:
    """I1: what was promised is made in the shop once, and nothing else is."""
    desk = play.notes["desk"]
    assert isinstance(desk, Desk)
    notes = [
        (str(refund.note)[-11:-1], refund.total)
        for order in play.world.vendors["shop"].shop.orders.values()
        for refund in order.refunds
    ]
    wrong = []
    for name, total in desk.promised.items():
        made = [amount for one, amount in notes if one == name]
        if made != [int(total.replace(".", ""))]:
            wrong.append(f"refund {name} of {total} was made as {made}")
    strangers = {name for name, _ in notes} - set(desk.promised)
    return [*wrong, *(f"{name} was promised to nobody" for name in sorted(strangers))]


REFUNDS = (
    Scenario(
        "refunds are asked for",
        _one_size,
        _asked,
        reads=ORDERLY,
        replayed=REPLAYED | {IssueKind.CREDIT_REJECTED, IssueKind.REFUND_REJECTED},
        check=_made_once,
    ),
)
