"""Entries of one call: AWS limits both how many there are and how large they are together."""

from collections.abc import Callable, Iterable, Iterator


def packs[T](
    entries: Iterable[T], *, size: Callable[[T], int], count_max: int, bytes_max: int
) -> Iterator[list[T]]:
    """In order, as full as they may be; what is too large by itself goes alone, to be refused."""
    pack: list[T] = []
    total = 0
    for entry in entries:
        more = size(entry)
        if pack and (len(pack) == count_max or total + more > bytes_max):
            yield pack
            pack, total = [], 0
        pack.append(entry)
        total += more
    if pack:
        yield pack
