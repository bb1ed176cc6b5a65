"""Exceptions page by page: all of them, each once, however many there are."""

from datetime import datetime, timedelta

import pytest

from shared.flows.issues import Problem, open_page, solved_page
from shared.model.issue import IssueKind
from tests.domain.world import NOW
from tests.flows.world import World


def told(world: World, count: int, *, at_once: int) -> None:
    for number in range(count):
        world.issues.report([Problem(IssueKind.NO_PRICE, f"s{number:02}", "erp", "it", "do it")])
        if number % at_once == at_once - 1:
            world.clock.advance(seconds=1)


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_every_open_exception_is_on_one_page(at_once: int) -> None:
    world = World()
    told(world, 12, at_once=at_once)
    found: list[str] = []
    since: datetime | None = None
    for _ in range(12):
        page, since = open_page(world.store, since=since, limit=5)
        found += [issue.subject for issue in page]
        if since is None:
            break
    assert found == [f"s{number:02}" for number in range(12)]


def test_every_solved_exception_is_on_one_page() -> None:
    world = World()
    told(world, 7, at_once=1)
    for number in range(7):
        world.issues.solve(IssueKind.NO_PRICE, f"s{number:02}", by="a test")
        world.clock.at += timedelta(seconds=1)
    first, since = solved_page(world.store, since=NOW, limit=5)
    assert since is not None
    second, end = solved_page(world.store, since=since, limit=5)
    assert [i.subject for i in (*first, *second)] == [f"s{number:02}" for number in range(7)]
    assert end is None
