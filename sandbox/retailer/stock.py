"""Opening stock: enough for the day, with a few articles that will be nearly sold out."""

from collections.abc import Iterable, Mapping

from sandbox.retailer.day import Correction, OrderKind, ShopOrder, StockPlace

LOCATIONS = ("london", "leeds", "glasgow", "cardiff", "belfast")
_SCARCE_EVERY = 37


def locations(count: int) -> tuple[str, ...]:
    """The first `count` locations; the first holds what the day will sell."""
    more = (f"depot-{number}" for number in range(len(LOCATIONS) + 1, count + 1))
    return (*LOCATIONS[:count], *more)


def demand(orders: Iterable[ShopOrder], corrections: Iterable[Correction]) -> dict[str, int]:
    """Units of each SKU that will leave: sold in the day, or corrected away."""
    leaving: dict[str, int] = {}
    for order in orders:
        for line in order.lines if order.kind is OrderKind.SALE else ():
            if line.sku is not None:
                leaving[line.sku] = leaving.get(line.sku, 0) + line.quantity
    for correction in corrections:
        lost = max(0, -correction.quantity)
        leaving[correction.sku] = leaving.get(correction.sku, 0) + lost
    return leaving


def opening(
    skus: Iterable[str], leaving: Mapping[str, int], places: tuple[str, ...]
) -> tuple[StockPlace, ...]:
    """One row per SKU and place. The first place can serve every order by itself.

    One article in 37 has two units at most beyond what will leave, and nothing elsewhere.
    """
    return tuple(
        StockPlace(sku, place, quantity)
        for position, sku in enumerate(sorted(skus))
        for place, quantity in zip(
            places, _quantities(position, leaving.get(sku, 0), len(places)), strict=True
        )
    )


def _quantities(position: int, leaving: int, places: int) -> list[int]:
    if position % _SCARCE_EVERY == 0:
        return [leaving + position // _SCARCE_EVERY % 3, *[0] * (places - 1)]
    margin = 5 + leaving // 4 + position * 7 % 20
    return [leaving + margin, *((margin + place * 3) // 2 for place in range(1, places))]
