"""The stream of the orders as the listener takes it: only what is new, only orders."""

from functions.orders import listen
from shared.flows import keys
from shared.ports import Table
from tests.functions.world import Deployment, deployment, stream_event

__all__ = ["deployment"]


def test_rows_that_are_no_new_orders_are_let_go(deployment: Deployment) -> None:
    deployment.invoke(
        listen.handler, stream_event(("waiting", "HAT#shop:1"), ("order#shop:1", "-"))
    )
    changed = stream_event((keys.case("shop:2").pk, "-"))
    changed["Records"][0]["eventName"] = "MODIFY"
    deployment.invoke(listen.handler, changed)
    deployment.invoke(listen.handler, {})
    assert deployment.rows(Table.CONTROL) == []
