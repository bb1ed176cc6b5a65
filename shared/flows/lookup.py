"""What a channel shows by now of prices and availability: read from the targets, never the ERP."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from shared.flows import keys
from shared.frozen import frozen
from shared.model.base import Json, as_json
from shared.model.ids import Facet
from shared.model.target import Proposal, StockTerms, Target
from shared.ports import Clock, Store

LATE_MAX: Final = timedelta(minutes=5)  # how long derivation may take once a price has ended


@frozen
class Lookup:
    """Each method reads the store once, for at most 100 SKUs, and leaves out what is not known."""

    store: Store
    clock: Clock

    def prices(self, channel: str, skus: Iterable[str], *, chain: bool = False) -> dict[str, Json]:
        """By SKU; a price whose time was up a while ago, with none to follow, is not known."""
        now = self.clock.now()
        return {
            sku: _price(target) | _common(target, chain=chain)
            for sku, target in self._targets(channel, Facet.PRICE, skus).items()
            if target.desired is not None
            and (target.next_change is None or now < target.next_change + LATE_MAX)
        }

    def availability(
        self, channel: str, skus: Iterable[str], *, chain: bool = False
    ) -> dict[str, Json]:
        """By SKU, units that may be sold, in all and per location, and on what terms."""
        found = self._targets(channel, Facet.STOCK, skus)
        return {sku: _units(one) | _common(one, chain=chain) for sku, one in found.items()}

    def _targets(self, channel: str, facet: Facet, skus: Iterable[str]) -> Mapping[str, Target]:
        wanted = {sku: keys.target(channel, facet, sku) for sku in skus}
        rows = self.store.get(wanted.values())
        return {
            sku: Target.model_validate(rows[key].body) for sku, key in wanted.items() if key in rows
        }


def _price(target: Target) -> dict[str, Json]:
    assert isinstance(target.desired, dict)  # noqa: S101 - derivation wrote it so
    until = target.next_change
    said: dict[str, Json] = {
        "price": target.desired["price"],
        "compare_at": target.desired["compare_at"],
        "valid_until": until.isoformat() if until else None,
    }
    if target.waiting is not None:
        said["held"] = _held(target.waiting)
    return said


def _held(proposal: Proposal) -> Json:
    """What the facts ask for instead, since when it waits, and why."""
    assert isinstance(proposal.value, dict)  # noqa: S101 - derivation wrote it so
    return {
        **{name: proposal.value[name] for name in ("price", "levels") if name in proposal.value},
        "since": proposal.since.isoformat(),
        "reasons": as_json(proposal.reasons),
    }


def _units(target: Target) -> dict[str, Json]:
    assert isinstance(target.desired, dict)  # noqa: S101 - derivation wrote it so
    levels = target.desired["levels"]
    assert isinstance(levels, dict)  # noqa: S101 - derivation wrote it so
    terms = target.terms or StockTerms()
    said: dict[str, Json] = {
        "available": sum(int(str(units)) for units in levels.values()),
        "levels": levels,
        "later": as_json(terms.later),
        "unknown": dict(terms.unknown),
    }
    if target.waiting is not None:
        said["held"] = _held(target.waiting)
    return said


def _common(target: Target, *, chain: bool) -> dict[str, Json]:
    said: dict[str, Json] = {
        "channel": target.channel,
        "sku": target.key,
        "derived_at": target.derived_at.isoformat(),
        "shown": target.published == target.desired and target.waiting is None,
    }
    if chain:
        said["chain"] = as_json(target.why)
        said["facts"] = {name: at.isoformat() for name, at in target.facts.items()}
    return said
