"""Put down what a channel said of its targets, on top of what derivation wished meanwhile.

The channel says it once. A call whose answer is forgotten may still land after whatever is sent
next, so a store that is busy is asked again, and of many lines one that fails holds up no other.
"""

from collections.abc import Sequence
from datetime import timedelta

from shared.domain import targets
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.roster import enrolled
from shared.flows.target_rows import target_put
from shared.frozen import frozen
from shared.model.target import Target
from shared.ports import Put, Store

TRIES = 6  # of a line that others write as well
BUSY = 3  # tries of a write; before it fails the store has waited by itself


@frozen
class Held:
    """A target as it was read, with the revision to commit on."""

    target: Target
    rev: int


@frozen
class Outcomes:
    """`settle` is how late a call that was not answered may land."""

    store: Store
    settle: timedelta

    def put_down(self, pairs: Sequence[tuple[Held, Target]]) -> list[Target]:
        """The targets as they stand now, in this order; each pair is one before and after.

        RetryableError if one could not be written: those that could are.
        """
        self._commit(enrolled((held.target, new) for held, new in pairs))
        done = self._commit([target_put(new, held.rev, settle=self.settle) for held, new in pairs])
        finals: list[Target] = []
        failed: RetryableError | None = None
        for (_, new), committed in zip(pairs, done, strict=True):
            try:
                finals.append(new if committed else self._merge(new))
            except RetryableError as error:
                failed = error
        if failed is not None:
            raise failed
        return finals

    def _commit(self, puts: Sequence[Put]) -> list[bool]:
        for _ in range(BUSY - 1):
            try:
                return self.store.commit(puts)
            except RetryableError:
                continue
        return self.store.commit(puts)

    def _merge(self, new: Target) -> Target:
        """Derivation wrote in between: keep its wish, and add what the channel said."""
        key = keys.target(new.channel, new.facet, new.key)
        failed = RetryableError(f"target {key.pk} is contended")
        for _ in range(TRIES):
            try:
                row = self.store.get([key]).get(key)
                if row is None:
                    break
                current = Target.model_validate(row.body)
                if current == new:  # the answer to an earlier try was lost
                    return new
                merged = targets.merged(current, new)
                if self.store.commit([target_put(merged, row.rev, settle=self.settle)])[0]:
                    return merged
            except RetryableError as error:
                failed = error
        raise failed
