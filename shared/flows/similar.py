"""Articles that a code nobody knows may mean: found by GTIN and by names that begin like it."""

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from shared.domain import candidates
from shared.flows import gtins, keys
from shared.frozen import frozen
from shared.model.candidate import Candidate
from shared.model.ids import Entity, Gtin
from shared.model.order import OrderLine
from shared.model.product import Lifecycle
from shared.model.retailer import Retailer
from shared.ports import Row, Store

LOOKED_AT: Final = 200  # names that begin like the code
CHECKED: Final = 3 * candidates.SHOWN
_GTIN: Final = TypeAdapter[str](Gtin, config=ConfigDict(defer_build=True))


@frozen
class Similar:
    store: Store
    retailer: Retailer

    def to(self, lines: Iterable[OrderLine]) -> tuple[Candidate, ...]:
        """The best of each code of these lines; none of articles that are gone."""
        found: list[Candidate] = []
        for code, gtin in _codes(lines).items():
            found += self._of(code, gtin)
        return tuple(found)

    def _of(self, code: str, gtin: str | None) -> list[Candidate]:
        said = [one for text in (gtin, code) if text and (one := _gtin(text)) is not None]
        same = [sku for sku, _ in gtins.articles(said, self.store).values()]
        ranked = candidates.ranked(code, self._names(code), same_gtin=same)[:CHECKED]
        owner = self.retailer.authority[Entity.PRODUCT]
        rows = self.store.get(keys.item(one.sku, owner) for one in ranked)
        sold = [one for one in ranked if _sold(rows.get(keys.item(one.sku, owner)))]
        return sold[: candidates.SHOWN]

    def _names(self, code: str) -> list[str]:
        """Names that begin like the code; where they are too many, those next to it first."""
        name = candidates.folded(code)
        if len(name) < keys.NAMES_MIN:
            return []
        beginnings = (name, name[: max(keys.NAMES_MIN, len(name) // 2)])
        found: dict[str, None] = {}
        for beginning in beginnings:
            place = keys.named(beginning, "")
            rows = self.store.query(place.table, place.pk, prefix=beginning, limit=LOOKED_AT)
            found |= dict.fromkeys(str(row.body["sku"]) for row in rows)
        return list(found)


def _codes(lines: Iterable[OrderLine]) -> Mapping[str, str | None]:
    found: dict[str, str | None] = {}
    for line in lines:
        if line.channel_sku:
            found[line.channel_sku] = found.get(line.channel_sku) or line.gtin
    return found


def _gtin(text: str) -> str | None:
    try:
        return _GTIN.validate_python(text).rjust(14, "0")
    except ValidationError:
        return None


def _sold(row: Row | None) -> bool:
    if row is None:
        return False
    variant = row.body.get("variant")
    return not isinstance(variant, Mapping) or variant.get("lifecycle") != Lifecycle.DISCONTINUED
