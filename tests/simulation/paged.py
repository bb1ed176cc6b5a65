"""Holds of a SKU that lie on pages, as somebody outside reads them."""

from shared.flows import keys
from shared.model.holds import Hold, HoldCard, HoldPage
from tests.simulation.store import SimStore


def on_pages(store: SimStore, card: HoldCard) -> dict[str, Hold]:
    """What is on the pages this card names."""
    if not card.pages:
        return {}
    rows = store._get([keys.hold_page(card.sku, name) for name in card.pages])  # noqa: SLF001
    return {k: v for r in rows.values() for k, v in HoldPage.model_validate(r.body).holds.items()}
