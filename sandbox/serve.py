"""`python -m sandbox.serve PLAN`: the simulators of a plan in a process of their own."""

import signal
import sys
from pathlib import Path
from threading import Event, RLock

from sandbox.courier import Courier, Outbox
from sandbox.plan import Plan
from sandbox.server import Controlled, control_plane, vendor
from sandbox.simulators import stand
from shared.kit.clock import WallClock
from shared.settings import retailer_from


def serve(plan: Plan, stop: Event) -> None:
    """Serve until told to stop; whoever calls a simulator holds its lock."""
    retailer = retailer_from(Path(plan.retailer))
    subjects: dict[str, Controlled] = {}
    outboxes: dict[str, Outbox] = {}
    servers = []
    for wanted in plan.vendors:
        lock = RLock()
        simulator = stand(wanted.system).make(wanted, retailer, WallClock())
        subjects[wanted.connection] = Controlled(simulator, lock)
        outboxes[wanted.connection] = Outbox(simulator, lock)
        servers.append(vendor(simulator, lock, wanted.port))
    courier = Courier(outboxes)
    subjects["courier"] = Controlled(courier)
    servers.append(control_plane(subjects, plan.control_port))
    for server in servers:
        server.start()
    courier.start()
    stop.wait()
    courier.stop()
    for server in servers:
        server.stop()


def main() -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve(Plan.read(Path(sys.argv[1])), stop)


if __name__ == "__main__":
    main()
