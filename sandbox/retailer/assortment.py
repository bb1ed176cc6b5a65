"""A made-up assortment: clothing in colours and sizes, priced in pence."""

from collections.abc import Iterable, Sequence
from itertools import count, product
from random import Random

from sandbox.retailer.day import Article
from shared.model.ids import check_digit

MOST_VARIANTS = 20
_LINES = (
    *("Alder", "Birch", "Cedar", "Dale", "Elder", "Fern", "Glen", "Hazel", "Iris", "Juniper"),
    *("Kestrel", "Larch", "Marsh", "Nettle", "Oak", "Poppy", "Quince", "Rowan", "Sorrel", "Tansy"),
)
_FABRICS = (
    *("linen", "cotton", "wool", "cashmere", "denim"),
    *("corduroy", "jersey", "flannel", "merino", "silk"),
)
_GARMENTS = (
    *("shirt", "dress", "skirt", "trousers", "jacket"),
    *("coat", "cardigan", "jumper", "blouse", "scarf"),
)
_COLOURS = ("Ivory", "Navy", "Moss", "Rust", "Slate")
_SIZES = ("S", "M", "L", "XL")
_OPTIONS = tuple(f"{colour} / {size}" for colour, size in product(_COLOURS, _SIZES))
_TITLES = len(_LINES) * len(_FABRICS) * len(_GARMENTS)
_PENCE = (0, 50, 95, 99)
# GS1 keeps prefix 952 for demonstrations, so these belong to no product on earth.
# GS1 style guide, 2.18.
_GS1_DEMONSTRATION = "952"


def articles(random: Random, products: int, skus: int) -> tuple[Article, ...]:
    """Exactly `skus` variants of `products` products, each of 1 to 20, with unique GTIN-13s."""
    serial = count(1)
    return tuple(
        article
        for number, variants in enumerate(_sizes(random, products, skus))
        for article in _variants(number, variants, serial)
    )


def _sizes(random: Random, products: int, skus: int) -> list[int]:
    if not 1 <= products <= skus <= products * MOST_VARIANTS:
        raise ValueError(f"{products} products cannot have {skus} variants, 1 to 20 each")
    sizes = [1] * products
    open_products = list(range(products))
    for _ in range(skus - products):
        place = random.randrange(len(open_products))
        chosen = open_products[place]
        sizes[chosen] += 1
        if sizes[chosen] == MOST_VARIANTS:
            open_products[place] = open_products[-1]
            open_products.pop()
    return sizes


def _variants(number: int, variants: int, serial: Iterable[int]) -> Iterable[Article]:
    product_id = f"P{number + 1:05d}"
    options: Sequence[str] = _OPTIONS[:variants] if variants > 1 else ("",)
    for position, (option, gtin) in enumerate(zip(options, serial, strict=False), start=1):
        yield Article(
            product_id=product_id,
            sku=f"{product_id}-{position:02d}" if option else product_id,
            title=_title(number),
            option=option,
            gtin=_gtin(gtin),
            unit="PC",
            group=f"GARMENT{_garment(number):02d}",
        )


def _garment(number: int) -> int:
    return number // (len(_LINES) * len(_FABRICS)) % len(_GARMENTS)


def _title(number: int) -> str:
    line = _LINES[number % len(_LINES)]
    fabric = _FABRICS[number // len(_LINES) % len(_FABRICS)]
    edition = number // _TITLES + 1
    title = f"{line} {fabric} {_GARMENTS[_garment(number)]}"
    return f"{title} {edition}" if edition > 1 else title


def _gtin(serial: int) -> str:
    body = f"{_GS1_DEMONSTRATION}{serial:09d}"
    return f"{body}{check_digit(body)}"


def base_prices(random: Random, assortment: Iterable[Article]) -> dict[str, int]:
    """One price per product, 5.00 to 79.99; every fourth variant or so costs a little more."""
    prices: dict[str, int] = {}
    of_product: dict[str, int] = {}
    for article in assortment:
        if article.product_id not in of_product:
            of_product[article.product_id] = random.randrange(5, 80) * 100 + random.choice(_PENCE)
        extra = 100 * random.randrange(1, 4) if random.randrange(4) == 0 else 0
        prices[article.sku] = of_product[article.product_id] + extra
    return prices
