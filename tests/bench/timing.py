"""Processor time as a ratio of two measurements in turn, so that both see the same machine."""

import hashlib
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

CALIBRATION: Final = b"x" * 1159
UNIT: Final = "sha256 of 1,159 bytes"
ROUNDS, EACH = 21, 100


def digest() -> object:
    """One unit of processor time."""
    return hashlib.sha256(CALIBRATION).digest()


def in_digests(work: Callable[[], object], *, rounds: int = ROUNDS, each: int = EACH) -> Decimal:
    """The least time of many of one piece of work, in digests."""
    took = one = float("inf")
    for _ in range(rounds):
        took = min(took, _timed(work, each))
        one = min(one, _timed(digest, EACH))
    return Decimal(f"{took:.3f}") / Decimal(f"{one:.3f}")


def digest_ns(*, rounds: int = ROUNDS) -> Decimal:
    """The least time of many of one digest."""
    return Decimal(f"{min(_timed(digest, EACH) for _ in range(rounds)):.3f}")


def _timed(work: Callable[[], object], each: int) -> float:
    """Nanoseconds of one."""
    began = time.process_time_ns()
    for _ in range(each):
        work()
    return (time.process_time_ns() - began) / each
