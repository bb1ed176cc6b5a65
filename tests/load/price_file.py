"""A large price file with broken rows through the real flow: `python -m tests.load.price_file`.

Prints one line of JSON. The file, the rows and the report lie on disk, so the peak is what the
flow holds. Each article has four rows, a quarter of the file apart from each other.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.flows.import_file import Importer
from shared.flows.import_run import Run
from shared.flows.issues import Issues
from shared.kit.clock import WallClock
from shared.model.base import Json
from shared.model.retailer import Retailer
from shared.ports import Table
from tests.factories import make_retailer
from tests.fakes import MemoryBus, MemoryJournal, MemoryQueues
from tests.load.disk import DiskFiles, DiskStore

NAME = "drop/erp/price/large.csv"
HEADER = "sku,price_list,kind,amount,currency,tax_basis,unit,valid_from,valid_to,zone\r\n"
PER_SKU = 4
SLICE = 100  # chunks that one invocation has time for
BROKEN = ("19,99", "free", "0", "-1", "")


@dataclass(frozen=True, slots=True)
class Load:
    """A file to be made: every so many rows one is broken, each time in another way.

    `padding` are spaces in each row, which make the file larger and mean nothing. `judged` says
    that all of it is looked at before any of it is applied.
    """

    rows: int
    broken: int
    padding: int = 0
    judged: bool = False

    def broken_lines(self) -> list[int]:
        """Lines of the file, whose first holds the columns."""
        return [2 + i for i in range(self.rows) if self._is_broken(i)]

    def _is_broken(self, i: int) -> bool:
        step = self.rows // self.broken
        block, within = divmod(i, step)
        return within == block % step

    def lines(self) -> Iterator[str]:
        yield HEADER
        skus = self.rows // PER_SKU
        for i in range(self.rows):
            amount = f'"{BROKEN[i % len(BROKEN)]}"' if self._is_broken(i) else f"{i % 900 + 1}.99"
            spaces = " " * self.padding
            quarter = min(i // skus, PER_SKU - 1) if skus else 0
            yield (
                f"ARTICLE-{i % max(skus, 1):07},retail,base,{amount},GBP,gross,PC,"
                f"2026-{quarter * 3 + 1:02}-01,2026-{quarter * 3 + 3:02}-28,"
                f"Europe/London{spaces}\r\n"
            )


def taken_in(load: Load, folder: Path) -> dict[str, Json]:
    """Make the file, take it in as invocations do, one slice after the other, and count."""
    files = DiskFiles(folder)
    path = folder / NAME
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(load.lines())
    with closing(DiskStore(folder / "rows.sqlite")) as store:
        return _counted(load, files, store)


def _counted(load: Load, files: DiskFiles, store: DiskStore) -> dict[str, Json]:
    began = time.monotonic()
    feeds = {"max_refused": "1", "max_median": "20"} if load.judged else None
    run, invocations = _run(files, store, make_retailer(feeds=feeds))
    reported = [
        json.loads(line)["line"]
        for part in sorted((files.folder / "report").rglob("*.ndjson"))
        for line in part.read_bytes().splitlines()
    ]
    return {
        "ok": run.done and reported == load.broken_lines() and run.rows == load.rows,
        "rows": run.rows,
        "refused": run.refused,
        "reported": len(reported),
        "cards": store.count(Table.FACTS),
        "exceptions": store.count(Table.ISSUES),
        "invocations": invocations,
        "store_calls": store.calls,
        "file_mib": round((files.folder / NAME).stat().st_size / 2**20, 1),
        "seconds": round(time.monotonic() - began, 1),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _run(files: DiskFiles, store: DiskStore, retailer: Retailer) -> tuple[Run, int]:
    queues, clock, invocations = MemoryQueues(), WallClock(), 0
    issues = Issues(store, MemoryBus(), clock)
    importer = Importer(store, files, queues, issues, clock, retailer, MemoryJournal())
    importer.handle({"file": NAME}, out_of_time=lambda: False)
    run: Run | None = None
    while messages := queues.take("import"):
        invocations += 1
        run = importer.handle(messages[0].body, out_of_time=_after(SLICE))
    if run is None:
        raise RuntimeError("the file was refused as a whole")
    return run, invocations


def _after(chunks: int) -> Callable[[], bool]:
    left = iter(range(chunks - 1))
    return lambda: next(left, None) is None


def main() -> None:
    parser = argparse.ArgumentParser(description="Take in a large price file and count.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--broken", type=int, default=1_000)
    parser.add_argument("--judged", action="store_true", help="look at all of it first")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = taken_in(Load(said.rows, said.broken, judged=said.judged), Path(folder))
    sys.stdout.write(json.dumps(result) + "\n")
    raise SystemExit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
