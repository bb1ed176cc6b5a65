"""The whole sandbox: simulators, embedded AWS, deployed template; begun, found again, ended."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import TypeAdapter

from sandbox import mails
from sandbox.api import Api
from sandbox.cloud import Cloud
from sandbox.controls import Controls
from sandbox.deployed import Deployed
from sandbox.failures import CannotRunError
from sandbox.home import Home, Steps
from sandbox.plan import Plan
from sandbox.processes import Tracked, start
from shared.model.base import Json
from shared.model.retailer import Retailer
from shared.settings import retailer_from

READY_MAX_S = 20.0
DEFAULT_RETAILER = "retailers/example.toml"


@dataclass
class World:
    """A sandbox that is up. `controls` reaches the simulators by connection name."""

    home: Home
    plan: Plan
    deployed: Deployed
    seconds: dict[str, float] = field(default_factory=dict)

    @cached_property
    def controls(self) -> Controls:
        return Controls(self.plan.control_port)

    @cached_property
    def api(self) -> Api:
        return Api(self.deployed)

    @cached_property
    def retailer(self) -> Retailer:
        return retailer_from(Path(self.plan.retailer))

    @classmethod
    def attached(cls, home: Home) -> "World":
        """The sandbox another command brought up."""
        recorded = home.recorded()
        missing = [process.name for process in home.tracked() if not process.alive]
        if not home.running() or "deployed" not in recorded:
            raise CannotRunError("no sandbox is running", "begin with `shelfwire up`")
        if missing:
            raise CannotRunError(
                f"a part of the sandbox has ended: {', '.join(missing)}",
                "run `shelfwire down`, then `shelfwire up`",
            )
        plan = Plan.read(home.path("plan.json"))
        deployed = Deployed.model_validate(recorded["deployed"])
        seconds = TypeAdapter(dict[str, float]).validate_python(recorded.get("seconds", {}))
        return cls(home, plan, deployed, seconds)

    def describe(self) -> dict[str, Json]:
        """Where everything is, without anything secret."""
        return {
            "api": self.deployed.api_url,
            "endpoint": self.deployed.endpoint,
            "retailer": self.plan.retailer,
            "control": f"http://127.0.0.1:{self.plan.control_port}/_control",
            "simulators": {v.connection: f"http://127.0.0.1:{v.port}" for v in self.plan.vendors},
            "seconds": dict[str, Json](self.seconds),
        }


def bring_up(
    home: Home,
    *,
    retailer: Path | None = None,
    port: int | None = None,
    steps: Steps | None = None,
    owned: bool = False,
) -> World:
    """Start and deploy everything; on any failure or interruption, end what was started.

    `owned` ties the sandbox to this process: once it is gone, whatever it left is swept away by
    the next start. Without it the sandbox stays until `take_down`.
    """
    steps = steps or Steps()
    with home.alone():
        _refuse_a_second(home)
        try:
            owner: Json = asdict(Tracked.of("owner", os.getpid())) if owned else None
            home.record(owner=owner)
            world = _begun(home, retailer or home.root / DEFAULT_RETAILER, port, steps)
            seconds = dict[str, Json](steps.seconds)
            home.record(deployed=world.deployed.model_dump(mode="json"), seconds=seconds)
        except BaseException:
            home.end_all()
            raise
    world.seconds = dict(steps.seconds)
    return world


def take_down(home: Home) -> list[str]:
    """End the sandbox, whoever began it; the names of what still ran."""
    with home.alone():
        return home.end_all()


@contextmanager
def sandbox(
    home: Home,
    *,
    retailer: Path | None = None,
    port: int | None = None,
    steps: Steps | None = None,
    keep: bool = False,
) -> Iterator[World]:
    """A sandbox for the length of a block; `keep` leaves it up after one that ended well."""
    world = bring_up(home, retailer=retailer, port=port, steps=steps, owned=True)
    try:
        yield world
    except BaseException:
        home.end_all()
        raise
    if keep:
        home.record(owner=None)
    else:
        home.end_all()


def _begun(home: Home, file: Path, port: int | None, steps: Steps) -> World:
    cloud = Cloud(home, port=port, steps=steps)
    plan = Plan.made(home, file)
    process = _serve(home)
    derived = Path(plan.retailer)
    deployed = cloud.up(retailer_from(derived), derived)
    with steps.timed("simulators"):
        _wait(home, plan, process)
    for vendor in plan.vendors:
        deployed.fill_secret(vendor.connection, vendor.secret)
    mails.open_post(deployed.aws, retailer_from(derived).notices)
    world = World(home, plan, deployed)
    world.controls.control("courier", "aim", url=deployed.api_url, aws=deployed.endpoint)
    return world


def _serve(home: Home) -> subprocess.Popen[bytes]:
    """Start the simulators; they get ready while the cloud does."""
    log = home.path("simulators.log")
    log.write_bytes(b"")
    command = [sys.executable, "-m", "sandbox.serve", str(home.path("plan.json"))]
    process = start(command, log=log, cwd=home.root, env=os.environ)
    home.track(Tracked.of("simulators", process.pid))
    return process


def _wait(home: Home, plan: Plan, process: subprocess.Popen[bytes]) -> None:
    log = home.path("simulators.log")
    until = time.monotonic() + READY_MAX_S
    controls = Controls(plan.control_port)
    while not controls.ready():
        if process.poll() is not None or time.monotonic() > until:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise CannotRunError(
                f"the simulators did not start: {said[-1] if said else 'they said nothing'}",
                f"see {home.shown('simulators.log')}",
            )
        time.sleep(0.05)


def _refuse_a_second(home: Home) -> None:
    """One sandbox at a time; what a vanished owner left is ended here."""
    running = home.running()
    owner = home.recorded().get("owner")
    if running and isinstance(owner, dict):
        left = Tracked("owner", int(str(owner["pid"])), str(owner["born"]))
        running = running if left.alive else []
    if running:
        raise CannotRunError("a sandbox is already running", "end it with `shelfwire down`")
    home.end_all()
