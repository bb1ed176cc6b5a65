"""Conditions told one by one become one card per SKU; what they do not name stays as it was."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from shared.domain.price_columns import refusal
from shared.errors import RejectedError
from shared.model.facts import PriceCard, PriceChange
from shared.model.price import PriceCondition

CONDITIONS_MAX = 500  # of one SKU: a row holds 400 KB, and a condition takes up to 600 bytes of it
SCALES_PER_CONDITION = 6  # a price by quantity takes up to 100
ENDED_FOR = timedelta(days=14)  # no message lives longer, so none brings back what was forgotten


def changes(
    conditions: Iterable[PriceCondition], *, source: str, as_of: datetime
) -> list[PriceChange]:
    """One change per SKU; of one condition told twice, the later telling counts."""
    by_sku: dict[str, dict[str, PriceCondition]] = defaultdict(dict)
    for condition in conditions:
        by_sku[condition.sku][condition.condition_id] = condition
    return [
        PriceChange(source=source, as_of=as_of, sku=sku, conditions=tuple(listed.values()))
        for sku, listed in by_sku.items()
    ]


def merged(card: PriceCard | None, change: PriceChange) -> PriceCard | None:
    """The card after a change, the same one if nothing is new; None if it would be too large.

    A condition gives way to a telling that is not older than its own. Conditions that ended a
    fortnight before the change are left out.
    """
    known = {c.condition_id: c for c in card.conditions} if card else {}
    read_at = card.read_at or card.as_of if card else None
    told = dict(card.told) if card else {}
    newer = [
        c
        for c in change.conditions
        if c != known.get(c.condition_id)
        and _told_at(c.condition_id, known, told, read_at, change.as_of) <= change.as_of
    ]
    if card and not newer:
        return card
    known |= {c.condition_id: c for c in newer}
    told |= {c.condition_id: change.as_of for c in newer}
    kept = {name: c for name, c in sorted(known.items()) if not _over(c, change.as_of)}
    if _too_large(kept.values()):
        return None
    return PriceCard(
        source=change.source,
        as_of=max(card.as_of, change.as_of) if card else change.as_of,
        sku=change.sku,
        conditions=tuple(kept.values()),
        told={name: at for name, at in told.items() if name in kept},
        read_at=read_at if kept.keys() - told.keys() else None,
    )


def _told_at(
    name: str,
    known: Mapping[str, PriceCondition],
    told: Mapping[str, datetime],
    read_at: datetime | None,
    otherwise: datetime,
) -> datetime:
    """When a condition was last told of; one that nobody told of yet gives way to any."""
    whole = read_at if read_at and name in known else otherwise
    return told.get(name, whole)


def reread(card: PriceCard | None, whole: PriceCard) -> PriceCard | None:
    """The card after its source was read whole; None if it would be too large.

    What was told one by one, in files and calls, is none of that reading and stands until it is
    told otherwise; where a reading names it, the later one counts.
    """
    single = card.told if card else {}
    if card is None or not single:
        return None if _too_large(whole.conditions) else whole
    read = {c.condition_id: c for c in whole.conditions}
    stays = {
        c.condition_id: c
        for c in card.conditions
        if c.condition_id in single
        and not _over(c, whole.as_of)
        and (c.condition_id not in read or single[c.condition_id] > whole.as_of)
    }
    kept = dict(sorted((read | stays).items()))
    if _too_large(kept.values()):
        return None
    told = {name: at for name, at in single.items() if name in stays}
    return whole.model_copy(update={"conditions": tuple(kept.values()), "told": told})


def overfull(condition: PriceCondition) -> RejectedError:
    """Why a condition has no place in its SKU's card."""
    room = f"{CONDITIONS_MAX} conditions, and a price by quantity counts as a sixth of one"
    return refusal("sku", condition.sku, f"has no room: it takes {room}")


def _too_large(conditions: Collection[PriceCondition]) -> bool:
    scales = sum(len(c.scales) for c in conditions)
    taken = SCALES_PER_CONDITION * len(conditions) + scales
    return taken > SCALES_PER_CONDITION * CONDITIONS_MAX


def _over(condition: PriceCondition, now: datetime) -> bool:
    end = condition.window.end
    return end is not None and end + ENDED_FOR <= now
