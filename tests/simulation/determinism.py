"""Histories must not depend on how Python hashes: two processes play the same seeds.

Two orders of a small set are often the same, so each hundred seeds has hash seeds of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.simulation.campaign import attempt, seeds
from tests.simulation.standins import light_classes

ROOT = Path(__file__).resolve().parents[2]
SLICE = 100


def hashes(first: int, count: int) -> list[int]:
    """One number per seed, over every step of its history."""
    with light_classes():
        return [attempt(task).hash for task in seeds(first, count)]


def unequal(first: int, count: int) -> list[int]:
    """Seeds whose history depends on PYTHONHASHSEED."""
    last = first + count
    slices = [(begin, min(SLICE, last - begin)) for begin in range(first, last, SLICE)]
    return [seed for begin, size in slices for seed in _unequal(begin, size)]


def _unequal(first: int, count: int) -> list[int]:
    children = [_child(first + more, first, count) for more in (1, 2)]
    said = [child.communicate()[0].split() for child in children]
    if any(child.returncode for child in children) or {len(each) for each in said} != {count}:
        raise RuntimeError("a child that was to tell its hashes failed")
    return [first + i for i, (a, b) in enumerate(zip(*said, strict=True)) if a != b]


def _child(hash_seed: int, first: int, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this very module
        [sys.executable, "-m", "tests.simulation.determinism", str(first), str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed % 2**32)},
        stdout=subprocess.PIPE,
        text=True,
    )


if __name__ == "__main__":
    sys.stdout.write("\n".join(map(str, hashes(int(sys.argv[1]), int(sys.argv[2])))))
