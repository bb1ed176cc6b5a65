"""Hypothesis strategies for canonical models: valid, small, and as odd as validity allows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st

from shared.model.base import Json
from shared.model.erp_events import OrderAccepted
from shared.model.event import IssueRaised
from shared.model.events import BusinessEvent
from shared.model.facts import PriceCard, ProductCard, StockCard
from shared.model.money import Money
from shared.model.order import (
    Address,
    Customer,
    Discount,
    Order,
    OrderLine,
    Payment,
    PaymentKind,
    Refund,
    RefundLine,
    Shipment,
    ShipmentLine,
    ShippingLine,
    TaxLine,
    Tracking,
)
from shared.model.order_events import OrderHeld
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind, Scale, TaxBasis
from shared.model.product import Lifecycle, Product, UnitOfMeasure, Variant
from shared.model.stock import StockPosition

CURRENCIES = ("EUR", "GBP", "JPY", "KWD")
AMOUNT_MAX = 10**12
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def texts(max_size: int = 20) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=max_size)


def json_bodies() -> st.SearchStrategy[dict[str, Json]]:
    leaves: st.SearchStrategy[Json] = st.none() | st.booleans() | st.integers() | texts()
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(8), inner, max_size=3),
        max_leaves=6,
    )
    return st.dictionaries(texts(8), values, max_size=4)


def instants() -> st.SearchStrategy[datetime]:
    return st.timedeltas(timedelta(), timedelta(days=730)).map(lambda after: EPOCH + after)


def skus() -> st.SearchStrategy[str]:
    return st.from_regex(r"[A-Za-z0-9._/]([A-Za-z0-9 ._/-]{0,20}[A-Za-z0-9._/])?", fullmatch=True)


def names() -> st.SearchStrategy[str]:
    return st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)


def external_ids() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=24)


def check_digit(digits: str) -> str:
    """What completes a GTIN: GS1 weighs the digits 3 and 1 in turn, from the right."""
    weighted = sum(int(d) * (3, 1)[i % 2] for i, d in enumerate(reversed(digits)))
    return str(-weighted % 10)


def gtins() -> st.SearchStrategy[str]:
    bodies = st.sampled_from((7, 11, 12, 13)).flatmap(
        lambda size: st.text("0123456789", min_size=size, max_size=size)
    )
    return bodies.map(lambda digits: digits + check_digit(digits))


def moneys(
    currency: str | None = None, *, least: int = -AMOUNT_MAX, most: int = AMOUNT_MAX
) -> st.SearchStrategy[Money]:
    currencies = st.just(currency) if currency else st.sampled_from(CURRENCIES)
    return st.builds(Money, amount=st.integers(least, most), currency=currencies)


def quantities(least: int = -1000) -> st.SearchStrategy[Decimal]:
    return st.decimals(least, 100_000, places=3)


@st.composite
def windows(draw: st.DrawFn) -> EffectiveWindow:
    start = draw(instants())
    length = draw(st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(days=90)))
    return EffectiveWindow(
        start=start,
        end=None if length is None else start + length,
        zone=draw(st.sampled_from(("UTC", "Europe/Berlin", "America/New_York"))),
    )


@st.composite
def conditions(draw: st.DrawFn, sku: str | None = None) -> PriceCondition:
    amount = draw(moneys(least=0))
    scale = st.builds(
        Scale,
        quantity=st.decimals("0.001", 10_000, places=3),
        unit=st.sampled_from(("PC", "CS")),
        amount=moneys(amount.currency, least=0),
    )
    return PriceCondition(
        condition_id=draw(external_ids()),
        sku=sku or draw(skus()),
        kind=draw(st.sampled_from(PriceKind)),
        price_list=draw(names()),
        amount=amount,
        per=draw(st.sampled_from((Decimal(1), Decimal(10), Decimal("0.5")))),
        unit=draw(st.sampled_from(("PC", "CS", "KG"))),
        tax_basis=draw(st.sampled_from(TaxBasis)),
        window=draw(windows()),
        scales=tuple(draw(st.lists(scale, max_size=3))),
    )


def units() -> st.SearchStrategy[UnitOfMeasure]:
    return st.builds(
        UnitOfMeasure,
        code=st.sampled_from(("PC", "CS", "PAL")),
        numerator=st.integers(1, 1000),
        denominator=st.integers(1, 10),
        gtin=st.none() | gtins(),
    )


@st.composite
def products(draw: st.DrawFn) -> Product:
    options = draw(st.integers(0, 3))
    found = draw(st.lists(skus(), min_size=1, max_size=4 if options else 1, unique=True))
    value = texts(8)
    variants = [
        Variant(
            sku=sku,
            gtin=draw(st.none() | gtins()),
            option_values=tuple(draw(value) for _ in range(options)),
            base_unit="PC",
            units=tuple(draw(st.lists(units(), max_size=2))),
            lifecycle=draw(st.sampled_from(Lifecycle)),
        )
        for sku in found
    ]
    return Product(
        product_id=draw(skus()),
        title=draw(texts().filter(bool)),
        description=draw(texts()),
        brand=draw(st.none() | texts()),
        option_names=tuple(draw(value) for _ in range(options)),
        variants=tuple(variants),
    )


def positions() -> st.SearchStrategy[StockPosition]:
    return st.builds(
        StockPosition,
        location=names(),
        unit=st.just("PC"),
        on_hand=quantities(),
        reserved=quantities(0),
        quarantine=quantities(0),
        blocked=quantities(0),
        quality_inspection=quantities(0),
        damaged=quantities(0),
        in_transit=quantities(0),
    )


def product_cards() -> st.SearchStrategy[ProductCard]:
    return st.builds(ProductCard, source=names(), as_of=instants(), product=products())


@st.composite
def price_cards(draw: st.DrawFn) -> PriceCard:
    sku = draw(skus())
    found = draw(st.lists(conditions(sku), max_size=3))
    return PriceCard(source=draw(names()), as_of=draw(instants()), sku=sku, conditions=tuple(found))


def stock_cards() -> st.SearchStrategy[StockCard]:
    return st.builds(
        StockCard,
        source=names(),
        as_of=instants(),
        sku=skus(),
        positions=st.lists(positions(), max_size=3).map(tuple),
    )


def _taxes(money: st.SearchStrategy[Money]) -> st.SearchStrategy[tuple[TaxLine, ...]]:
    rates = st.none() | st.just(Decimal("0.2"))
    one = st.builds(TaxLine, title=texts(), rate=rates, amount=money)
    return st.lists(one, max_size=2).map(tuple)


def _discounts(money: st.SearchStrategy[Money]) -> st.SearchStrategy[tuple[Discount, ...]]:
    return st.lists(st.builds(Discount, title=texts(), amount=money), max_size=2).map(tuple)


def order_lines(currency: str) -> st.SearchStrategy[OrderLine]:
    money = moneys(currency, least=0, most=10**7)
    return st.builds(
        OrderLine,
        line_id=external_ids(),
        channel_sku=texts(),
        title=texts(),
        quantity=st.integers(1, 50),
        unit_price=money,
        sku=st.none() | skus(),
        location=st.none() | names(),
        discounts=_discounts(money),
        taxes=_taxes(money),
    )


def shipping_lines(currency: str) -> st.SearchStrategy[ShippingLine]:
    money = moneys(currency, least=0, most=10**7)
    return st.builds(
        ShippingLine,
        title=texts(),
        code=texts(),
        price=money,
        discounts=_discounts(money),
        taxes=_taxes(money),
    )


def payments(currency: str) -> st.SearchStrategy[Payment]:
    return st.builds(
        Payment,
        reference=external_ids(),
        gateway=texts(),
        kind=st.sampled_from(PaymentKind),
        succeeded=st.booleans(),
        amount=moneys(currency, least=0),
    )


def refunds(currency: str) -> st.SearchStrategy[Refund]:
    money = moneys(currency, least=0, most=10**7)
    line = st.builds(
        RefundLine,
        line_id=external_ids(),
        quantity=st.integers(0, 50),
        amount=money,
        tax=money,
        restock=st.booleans(),
    )
    return st.builds(
        Refund,
        refund_id=external_ids(),
        created_at=instants(),
        total=money,
        lines=st.lists(line, max_size=2).map(tuple),
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Valid in shape; whether the sums agree is for the order's own checks to say."""
    currency = draw(st.sampled_from(CURRENCIES))
    address = st.builds(Address, name=texts(), lines=st.lists(texts(), max_size=2).map(tuple))
    return Order(
        channel=draw(names()),
        external_id=draw(external_ids()),
        number=draw(texts()),
        placed_at=draw(instants()),
        updated_at=draw(instants()),
        cancelled_at=draw(st.none() | instants()),
        currency=currency,
        taxes_included=draw(st.booleans()),
        lines=tuple(draw(st.lists(order_lines(currency), min_size=1, max_size=3))),
        shipping=tuple(draw(st.lists(shipping_lines(currency), max_size=1))),
        payments=tuple(draw(st.lists(payments(currency), max_size=1))),
        customer=Customer(reference=draw(st.none() | external_ids())),
        billing_address=draw(st.none() | address),
        total=draw(moneys(currency, least=0)),
        total_tax=draw(moneys(currency, least=0)),
        refunds=tuple(draw(st.lists(refunds(currency), max_size=1))),
    )


def shipments() -> st.SearchStrategy[Shipment]:
    line = st.builds(ShipmentLine, erp_item=external_ids(), sku=skus(), quantity=st.integers(1, 50))
    tracking = st.builds(Tracking, carrier=texts(), number=external_ids())
    return st.builds(
        Shipment,
        shipment_id=external_ids(),
        erp_order=external_ids(),
        shipped_at=instants(),
        location=st.none() | names(),
        lines=st.lists(line, min_size=1, max_size=3).map(tuple),
        tracking=st.lists(tracking, max_size=1).map(tuple),
    )


def business_events() -> st.SearchStrategy[BusinessEvent]:
    return st.one_of(
        st.builds(
            OrderAccepted,
            at=instants(),
            order_id=external_ids(),
            channel=names(),
            erp_order=external_ids(),
            total=moneys(),
        ),
        st.builds(
            OrderHeld,
            at=instants(),
            order_id=external_ids(),
            channel=names(),
            reasons=st.lists(texts(), max_size=3).map(tuple),
            total=moneys(),
        ),
        st.builds(
            IssueRaised,
            at=instants(),
            issue_id=external_ids(),
            kind=texts(),
            severity=texts(),
            connection=names(),
        ),
    )


def a_share(part: int) -> settings:
    """Of the examples of the profile one in `part`, for a law whose examples are dear."""
    profile = settings()
    return settings(max_examples=max(1, profile.max_examples // part))
