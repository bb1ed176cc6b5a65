"""The numbers of one location of a SKU: how far they are counted, and what was passed over.

What a count passes over it holds; what is not believed passes numbers over that nothing holds.
"""

from collections.abc import Collection, Iterator, Sequence
from copy import replace
from typing import Final

from shared.errors import RejectedError
from shared.model.movement import Entry, Level, Stream

COVERED_MAX: Final = 16
SKIPPED_MAX: Final = 16


def held_by(stream: Stream, level: Level) -> Stream:
    """The stream as a count holds it; of very many ranges, the earliest are given up."""
    covered, skipped, sequence = stream.covered, stream.skipped, stream.sequence
    if level.sequence is not None:
        passed, skipped = split(skipped, level.sequence)
        first, sequence = sequence + 1, max(sequence, level.sequence)
        more = ((first, sequence),) if first <= sequence else ()
        covered = (*covered, *passed, *more)[-COVERED_MAX:]
    return Stream(
        sequence=sequence,
        covered=covered,
        skipped=skipped,
        counted_at=level.as_of,
        moved_at=stream.moved_at,
    )


def skipping(stream: Stream, first: int, until: int, entry: Entry) -> Stream:
    """The stream past what is not believed; RejectedError if too much of it is open already."""
    if first > until:
        return stream
    ranges = list(stream.skipped)
    if ranges and ranges[-1][1] == first - 1:
        first = ranges.pop()[0]
    if len(ranges) >= SKIPPED_MAX:
        raise no_room(entry, f"{SKIPPED_MAX} gaps of {entry.sku} at {entry.location} are open")
    return replace(stream, sequence=until, skipped=(*ranges, (first, until)))


def split(
    ranges: Collection[tuple[int, int]], number: int
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """What of ranges is up to a number, and what is beyond it."""
    below = tuple([(first, min(last, number)) for first, last in ranges if first <= number])
    above = tuple([(max(first, number + 1), last) for first, last in ranges if last > number])
    return below, above


def without(ranges: Sequence[tuple[int, int]], number: int) -> Iterator[tuple[int, int]]:
    for first, last in ranges:
        if not first <= number <= last:
            yield first, last
            continue
        if first < number:
            yield first, number - 1
        if number < last:
            yield number + 1, last


def no_room(entry: Entry, problem: str) -> RejectedError:
    return RejectedError(
        problem,
        code="bad_movement",
        field="sequence",
        value=str(entry.sequence or ""),
        remedy=f"send a count of {entry.sku} at {entry.location} that can be believed",
    )
