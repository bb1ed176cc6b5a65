"""Of 250 levels that change at once three cannot be set: the others are, and three are told of."""

from shared.flows.issues import open_issues
from shared.model.issue import IssueKind
from tests.bench.live import live
from tests.simulation.engine import MINUTE

MANY, SHOP = 250, "shop"


def test_of_250_levels_247_are_set_and_three_exceptions_name_what_is_wrong_and_where() -> None:
    with live(MANY, SHOP, seed=1) as stage:
        poison = stage.skus[10:250:90]
        shop = stage.world.vendors[SHOP].shop
        for sku in poison:
            del shop.variants[shop.skus[sku]]  # as if somebody had deleted it in the shop
        stage.receive_all(5)
        stage.run(10 * MINUTE)
        good = [sku for sku in stage.skus if sku not in poison]
        assert [stage.watches[SHOP].shown(sku) for sku in good] == [105] * (MANY - len(poison))
        told = {i.subject: i for i in open_issues(stage.world.store)}
    assert len(poison) == 3
    assert set(told) == {f"{SHOP}/stock/{sku}" for sku in poison}
    for sku in poison:
        issue = told[f"{SHOP}/stock/{sku}"]
        assert issue.kind is IssueKind.LINE_REJECTED
        assert issue.connection == SHOP
        for said in (sku, "leeds", SHOP, "INVALID_INVENTORY_ITEM", "No such inventory item"):
            assert said in issue.summary
        assert issue.remedy
