"""The plan of a sandbox: the retailer's own file, led to simulators on loopback."""

import socket
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.failures import CannotRunError
from sandbox.home import Home
from sandbox.plan import Plan
from sandbox.processes import free_port
from sandbox.simulators import stand
from sandbox.toml_text import line_of, lines, written
from shared.kit.clock import WallClock
from shared.settings import load_retailer, retailer_from

EXAMPLE = Path(__file__).resolve().parents[2] / "retailers" / "example.toml"

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path, directory=tmp_path / ".sandbox")


def test_every_connection_leads_to_its_own_port_on_loopback(home: Home) -> None:
    plan = Plan.made(home, EXAMPLE)
    derived = retailer_from(Path(plan.retailer))
    assert {c.name: c.base_url for c in derived.connections} == {
        v.connection: f"http://127.0.0.1:{v.port}" for v in plan.vendors
    }
    assert len({plan.control_port, *(v.port for v in plan.vendors)}) == len(plan.vendors) + 1


def test_a_sandbox_is_never_a_stage_where_data_must_survive(home: Home) -> None:
    plan = Plan.made(home, EXAMPLE)
    assert retailer_from(Path(plan.retailer)).stage == "sandbox"


def test_all_else_of_the_file_stays_as_the_retailer_wrote_it(home: Home) -> None:
    plan = Plan.made(home, EXAMPLE)
    ours, theirs = retailer_from(Path(plan.retailer)), retailer_from(EXAMPLE)
    assert ours.channels == theirs.channels
    assert ours.price_lists == theirs.price_lists
    assert ours.authority == theirs.authority
    assert [p.external["erp"] for p in ours.locations] == [
        p.external["erp"] for p in theirs.locations
    ]


def test_locations_of_the_shop_are_those_its_simulator_has(home: Home) -> None:
    plan = Plan.made(home, EXAMPLE)
    retailer = retailer_from(Path(plan.retailer))
    standing = plan.vendor("shop")
    simulator = stand(standing.system).make(standing, retailer, WallClock())
    assert simulator.control("locations") == {
        place.name: place.external["shop"] for place in retailer.locations
    }


def test_every_connection_of_the_example_has_a_simulator(home: Home) -> None:
    plan = Plan.made(home, EXAMPLE)
    retailer = retailer_from(Path(plan.retailer))
    for standing in plan.vendors:
        simulator = stand(standing.system).make(standing, retailer, WallClock())
        assert list(simulator.due(datetime.now(UTC))) == []


def test_no_two_simulators_share_a_secret(home: Home) -> None:
    plans = [Plan.made(home, EXAMPLE) for _ in range(2)]
    secrets = [v.webhook_secret for plan in plans for v in plan.vendors]
    assert len(set(secrets)) == len(secrets)


def test_a_plan_is_read_as_it_was_made(home: Home) -> None:
    plan = Plan.made(home, EXAMPLE)
    assert Plan.read(home.path("plan.json")) == plan


def test_a_second_plan_leads_to_the_same_ports_while_they_are_free(home: Home) -> None:
    first, second = Plan.made(home, EXAMPLE), Plan.made(home, EXAMPLE)
    assert [v.port for v in first.vendors] == [v.port for v in second.vendors]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first.vendors[0].port))
        taken.listen()
        third = Plan.made(home, EXAMPLE)
    assert third.vendors[0].port != first.vendors[0].port
    assert third.vendors[1].port == first.vendors[1].port


def test_a_port_the_retailers_file_names_on_loopback_is_kept(home: Home, tmp_path: Path) -> None:
    port = free_port()
    file = tmp_path / "retailer.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    there = "https://northwind-home.myshopify.com"
    file.write_text(text.replace(there, f"http://localhost:{port}"), encoding="utf-8")
    assert Plan.made(home, file).vendor("shop").port == port


def test_a_file_with_mistakes_is_not_run(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "retailer.toml"
    file.write_text(EXAMPLE.read_text().replace('stage = "dev"', "stage = 1"), encoding="utf-8")
    with pytest.raises(CannotRunError, match=r"1 mistake.*shelfwire check"):
        Plan.made(home, file)


def test_an_unknown_connection_is_named_with_those_there_are(home: Home) -> None:
    with pytest.raises(CannotRunError, match="no connection is called 'till'; known: erp, shop"):
        Plan.made(home, EXAMPLE).vendor("till")


def test_a_system_without_a_simulator_is_named() -> None:
    with pytest.raises(CannotRunError, match="no simulator of oracle"):
        stand("oracle")


def test_a_file_written_again_says_the_same() -> None:
    text = """
    a = "say \\"hi\\"\\n\\u007f"
    b = 2026-01-01T00:00:00Z
    c = [1, true, ["x"], { "odd key" = -1 }]
    empty = []
    [one]
    d = 1.5
    [one.two]
    e = {}
    [[many]]
    f = 2026-01-02
    [[many]]
    [many.inner]
    g = 07:30:00
    """
    assert tomllib.loads(written(tomllib.loads(text))) == tomllib.loads(text)


def test_the_example_written_again_is_the_same_retailer() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert load_retailer(written(tomllib.loads(text))) == load_retailer(text)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a", 1),
        ("b.c", 3),
        ("b.c.deeper.still", 3),
        ("many.0.x", 5),
        ("many.1", 6),
        ("many.1.y", 7),
        ("many.1.sub.z", 9),
        ("quoted key", 10),
        ("absent", None),
    ],
)
def test_a_path_is_found_on_its_line_or_on_that_of_what_holds_it(
    path: str, line: int | None
) -> None:
    text = (
        'a = 1\n[b]\nc = 2\n[[many]]\nx = 1\n[[many]] # second\n"y" = 2\n[many.sub]\nz = 3\n'
        '["quoted key"]\n'
    )
    assert line_of(path, lines(text)) == line
