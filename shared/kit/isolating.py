"""Find the lines for which a vendor refuses a whole call without saying which."""

from collections.abc import Callable, Sequence
from dataclasses import field
from itertools import batched

from shared.frozen import frozen, slotted


@frozen
class Sent[O]:
    """What a call made of its lines, by line; `refused` if it took none and named none."""

    outcomes: Sequence[O] = ()
    refused: bool = False


@slotted
class _Search[L, O]:
    send: Callable[[Sequence[L]], Sent[O]]
    unknown: list[L]
    outcomes: list[O] = field(default_factory=list)

    def holds_poison(self, lines: Sequence[L]) -> Sequence[L] | None:
        """Send these; the lines again if one of them must be refused by itself."""
        sent = self.send(lines)
        if sent.refused and len(lines) > 1:
            return lines
        self.outcomes += sent.outcomes
        return None

    def narrow(self, bad: Sequence[L]) -> None:
        """Halve until one line is left, and hear about it alone; the rest stays unknown."""
        while len(bad) > 1:
            middle = len(bad) // 2
            first, second = bad[:middle], bad[middle:]
            sent = self.send(first)
            if not sent.refused:
                self.outcomes += sent.outcomes
                bad = second
                continue
            self.unknown += second
            if len(first) == 1:
                self.outcomes += sent.outcomes
                return
            bad = first
        self.outcomes += self.send(bad).outcomes


def isolate[L, O](
    lines: Sequence[L],
    send: Callable[[Sequence[L]], Sent[O]],
    *,
    most: int,
    refused: bool = False,
) -> list[O]:
    """Send lines, at most `most` a call, until each that can be taken is taken.

    With `refused` all of them were sent in one call already, which was.

    A refused call of one line has to give its outcome. With k lines that must be refused among n of
    one call, it takes at most 1 + k * (ceil(log2(n)) + 2) calls: halves that were never tried wait
    and go together.
    """
    search: _Search[L, O] = _Search(send, [] if refused else list(lines))
    if refused:
        search.narrow(lines)
    while search.unknown:
        waiting, search.unknown = search.unknown, []
        for some in batched(waiting, most, strict=False):
            bad = search.holds_poison(some)
            if bad is not None:
                search.narrow(bad)
    return search.outcomes
