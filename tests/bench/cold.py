"""Cold starts: what importing a function costs, as its bundle holds it, each in a new interpreter.

The bundle is laid out by links to the installed packages that it is made of, with bytecode beside
them as it is deployed; what else is installed here cannot be imported.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from shared.connectors.catalog import CATALOG, Kind

ROOT: Final = Path(__file__).resolve().parents[2]
LOCKED: Final = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
BARE: Final = "import boto3; boto3.client('dynamodb')"
DOORS: Final = "; ".join(f"import {row.door}" for row in CATALOG.values() if row.door)
WEBHOOK: Final = f"import functions.ingest.webhook as door; {DOORS}; door.client('dynamodb')"
_CLIENT: Final = "from functions import bootstrap; bootstrap.client('dynamodb')"
_OWN: Final = {
    "functions.ingest.read_channel": frozenset({Kind.CHANNEL}),
    "functions.ingest.read_erp": frozenset({Kind.ERP}),
    "functions.publish.channel": frozenset({Kind.CHANNEL}),
    "functions.orders.send": frozenset({Kind.ERP}),
}
_COMMON: Final = (
    "functions.ingest.normalize",
    "functions.derive.targets",
    "functions.derive.clock",
    "functions.ops.sweep",
    "functions.ops.dead_letters",
    "functions.ingest.import_file",
)
_PARTS: Final = {
    ("functions.ingest.read_channel", "shopify"): ("reader",),
    ("functions.ingest.read_channel", "amazon"): ("reader",),
    ("functions.ingest.read_erp", "sap-s4hana"): (
        "billing", "deliveries", "facts", "promises", "returns",
    ),
    ("functions.publish.channel", "shopify"): ("stock", "price_lines"),
    ("functions.publish.channel", "amazon"): ("listings", "feeds"),
    ("functions.orders.send", "sap-s4hana"): ("sales", "partners"),
}  # fmt: skip
"""What a client imports when it is first called, of what every container calls before long."""
ENVIRONMENT: Final = {
    "AWS_LAMBDA_FUNCTION_NAME": "cold",  # as Lambda says it
    "PYDANTIC_DISABLE_PLUGINS": "1",  # as the template says it
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "RETAILER_FILE": str(ROOT / "retailers" / "example.toml"),
}


def workers() -> dict[str, str]:
    """Functions fed by queues, streams and schedules, with each connector they may have."""
    found = {name: f"import {name}; {_CLIENT}" for name in _COMMON}
    for name, kinds in _OWN.items():
        for system, row in ((s, r) for s, r in CATALOG.items() if r.kind in kinds):
            client = row.factory.partition(":")[0]
            beside = (f"{client.rpartition('.')[0]}.{part}" for part in _PARTS[name, system])
            parts = (client, *beside)
            found[f"{name} with {system}"] = f"import {', '.join((name, *parts))}; {_CLIENT}"
    return found


def seconds(statements: Mapping[str, str], *, rounds: int) -> dict[str, Decimal]:
    """The least CPU time of each, by turns, so that all see the same machine."""
    best: dict[str, Decimal] = {}
    with tempfile.TemporaryDirectory(prefix="shelfwire-cold-") as folder:
        bundle = _linked(Path(folder) / "bundle")
        for turn in range(rounds + 1):
            for name, statement in statements.items():
                took = _imported(statement, bundle)
                if turn:  # the first compiles
                    best[name] = min(took, best.get(name, took))
    return best


def _linked(bundle: Path) -> Path:
    bundle.mkdir()
    for name in LOCKED.findall((ROOT / "requirements" / "runtime.txt").read_text("utf-8")):
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}
        for top in tops:
            if not (bundle / top).exists():
                (bundle / top).symlink_to(Path(str(found.locate_file(top))))
    for ours in ("functions", "shared"):
        (bundle / ours).symlink_to(ROOT / ours)
    return bundle


def _imported(statement: str, bundle: Path) -> Decimal:
    probe = (
        f"import sys, time; sys.path.insert(0, {str(bundle)!r}); began = time.process_time_ns()\n"
        f"{statement}\nprint(time.process_time_ns() - began)"
    )
    compiled = f"pycache_prefix={bundle.parent / 'compiled'}"
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-I", "-S", "-X", compiled, "-c", probe],
        check=True, capture_output=True, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    return Decimal(done.stdout) / 1_000_000_000
