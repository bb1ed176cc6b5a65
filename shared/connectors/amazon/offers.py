"""The purchasable offer: what a shopper pays, and a sale that begins and ends by itself.

A sale is a discounted price with a start and an end, beside the price that holds without it; so a
promotion can be told before it begins, and takes itself back. Pure: `now` is an argument, and None
where the channel is not told of dates.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from shared.connectors.amazon import listing_schema
from shared.connectors.amazon.amounts import exact, money
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import RejectedError
from shared.model.base import Json
from shared.model.money import Money
from shared.model.target import NextPrice, PriceValue

EVERYBODY = "ALL"
_WHERE = "purchasable_offer.discounted_price"


def offer(
    value: PriceValue, settings: AmazonSettings, currency: str, now: datetime | None
) -> dict[str, object]:
    """One offer, whole: what it does not hold is dropped by a replacing patch."""
    if value.price.currency != currency:
        message = f"price in {value.price.currency}, the marketplace sells in {currency}"
        raise RejectedError(message, code="currency")
    regular, sale = _parts(value, now)
    said: dict[str, object] = {
        "marketplace_id": settings.marketplace_id,
        "currency": currency,
        "audience": EVERYBODY,
        "our_price": [{"schedule": [{"value_with_tax": regular.decimal()}]}],
    }
    return said | ({"discounted_price": [{"schedule": [sale]}]} if sale else {})


def _parts(value: PriceValue, now: datetime | None) -> tuple[Money, Mapping[str, object] | None]:
    """The price without the sale, and the sale: yet to begin, or under way until it ends."""
    match value.ahead:
        case ():
            return value.price, None
        case (end,) if now is not None:
            return end.price, _sale(value.price, now, end.at)
        case (start, end) if end.price == value.price:
            return value.price, _sale(start.price, start.at, end.at)
        case _:
            raise RejectedError("no sale of Amazon's is what lies ahead", code="ahead")


def _sale(price: Money, start: datetime, end: datetime) -> Mapping[str, object]:
    return {"value_with_tax": price.decimal(), "start_at": _instant(start), "end_at": _instant(end)}


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def shown(
    listing: listing_schema.Listing,
    wish: PriceValue,
    settings: AmazonSettings,
    currency: str,
    now: datetime | None,
) -> Json:
    """What a listing shows, and in what the wish agrees with it the wish itself."""
    submitted = _submitted(listing, settings, currency, now)
    seen = (
        _offered(listing, settings, currency)
        if settings.price_shown_in == "offers"
        else submitted and submitted.price
    )
    if seen is None:
        return None
    ahead = submitted.ahead if submitted else ()
    if seen == wish.price and _amounts(ahead) == _amounts(wish.ahead):
        return wish.model_dump(mode="json")
    return PriceValue(price=seen, ahead=ahead).model_dump(mode="json")


def _amounts(ahead: tuple[NextPrice, ...]) -> list[tuple[datetime, Money]]:
    return [(step.at, step.price) for step in ahead]


def _offered(
    listing: listing_schema.Listing, settings: AmazonSettings, currency: str
) -> Money | None:
    """The price everybody pays in our marketplace."""
    for found in listing.offers:
        to_all = found.audience is None or found.audience.value in {"", EVERYBODY}
        here = found.marketplace_id == settings.marketplace_id
        if here and to_all and found.offer_type == "B2C":
            return money(found.price, currency, "offers.price")
    return None


def _submitted(
    listing: listing_schema.Listing, settings: AmazonSettings, currency: str, now: datetime | None
) -> PriceValue | None:
    """What the attribute says is paid now, and what it says follows."""
    for found in _rows(listing.attributes.get("purchasable_offer")):
        here = found.get("marketplace_id") == settings.marketplace_id
        if not here or found.get("audience", EVERYBODY) != EVERYBODY:
            continue
        regular = next(_prices(found, "our_price", currency), None)
        if regular is not None:
            return _planned(regular[0], list(_prices(found, "discounted_price", currency)), now)
    return None


def _planned(
    regular: Money, sales: list[tuple[Money, Mapping[str, object]]], now: datetime | None
) -> PriceValue:
    if now is None:
        return PriceValue(price=regular)
    paid, ahead = regular, list[NextPrice]()
    for price, sale in sales:
        start, end = _read(sale, "start_at"), _read(sale, "end_at")
        if end <= now:
            continue
        ahead += [NextPrice(at=start, price=price)] if now < start else []
        paid = paid if now < start else price
        ahead.append(NextPrice(at=end, price=regular))
    return PriceValue(price=paid, ahead=tuple(sorted(ahead, key=lambda step: step.at)))


def _prices(
    found: Mapping[str, object], name: str, currency: str
) -> Iterator[tuple[Money, Mapping[str, object]]]:
    for price in _rows(found.get(name)):
        for entry in _rows(price.get("schedule")):
            value = entry.get("value_with_tax")
            if isinstance(value, int | Decimal):
                yield exact(str(value), currency, f"purchasable_offer.{name}"), entry


def _read(sale: Mapping[str, object], name: str) -> datetime:
    said = str(sale.get(name, ""))
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise RejectedError(
            f"{_WHERE}.{name} is no date", code="bad_date", field=name, value=said
        ) from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _rows(value: object) -> list[Mapping[str, object]]:
    listed = value if isinstance(value, list) else []
    return [row for row in listed if isinstance(row, Mapping)]
