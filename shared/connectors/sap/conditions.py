"""From SAP's condition records to price conditions: pure; what is not understood is named.

A record belongs to a list by its condition type and its further keys: a price for one customer
group is nobody else's. Where it has a scale, the scale is what counts, and not the record's rate.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from shared.connectors.sap import values
from shared.connectors.sap.reading_schema import ConditionRecord, ScaleLine, ValidityRow
from shared.connectors.sap.settings import SapSettings
from shared.domain.wall_clock import day_start
from shared.errors import RejectedError
from shared.model.facts import PriceCard
from shared.model.money import Money
from shared.model.price import EffectiveWindow, PriceCondition, Scale
from shared.model.retailer import PriceList, Retailer
from shared.ports import Refusal

ONE = Decimal(1)


def prices(
    rows: Sequence[ValidityRow],
    skus: Iterable[str],
    *,
    source: str,
    as_of: datetime,
    retailer: Retailer,
    settings: SapSettings,
) -> tuple[list[PriceCard], list[Refusal]]:
    """One card per SKU with all its conditions; a SKU without any gets an empty card."""
    found: dict[str, dict[tuple[str, str], PriceCondition]] = {sku: {} for sku in skus}
    refused: dict[tuple[str, str], Refusal] = {}
    for row in rows:
        conditions = found.setdefault(row.material, {})
        if row.condition.deleted or row.released not in settings.released_statuses:
            continue
        try:
            for condition in _conditions(row, retailer, settings):
                _add(conditions, condition)
        except RejectedError as error:
            refusal = _refusal(row, error)
            refused.setdefault((refusal.subject, refusal.field), refusal)
    cards = [
        PriceCard(source=source, as_of=as_of, sku=sku, conditions=tuple(conditions.values()))
        for sku, conditions in found.items()
    ]
    return cards, list(refused.values())


def _add(conditions: dict[tuple[str, str], PriceCondition], condition: PriceCondition) -> None:
    """A record may have several periods, and only the first goes by the record's number alone."""
    key = (condition.price_list, condition.condition_id)
    if key in conditions:
        name = f"{condition.condition_id}/{condition.window.start.isoformat()}"
        condition = condition.model_copy(update={"condition_id": name})
    conditions[condition.price_list, condition.condition_id] = condition


def _conditions(
    row: ValidityRow, retailer: Retailer, settings: SapSettings
) -> Iterable[PriceCondition]:
    """The row's condition in each list it belongs to."""
    listed = [p for p in retailer.price_lists if row.kind in p.conditions]
    keys = _keys(row)
    mine = [p for p in listed if p.keys == keys]
    if listed and not mine and not keys.keys() & set(settings.ignored_keys):
        raise _nobodys(row, keys)
    currency = row.condition.currency
    known = [p for p in mine if p.currency == currency]
    if mine and not known:
        raise RejectedError(
            f"list {mine[0].name} is in {mine[0].currency}, never converted by itself",
            field=f"condition {row.record}",
            value=f"{row.condition.rate} {currency}",
            remedy=f"enter it in {mine[0].currency}, or add a list in {currency} for {row.kind}",
        )
    return [_condition(row, price_list, settings) for price_list in known]


def _keys(row: ValidityRow) -> dict[str, str]:
    """For whom or where a condition is; its own unit as a key says nothing more."""
    own = {"OrderQuantityUnit": row.condition.unit}
    return {name: value for name, value in row.further.items() if own.get(name) != value}


def _nobodys(row: ValidityRow, further: dict[str, str]) -> RejectedError:
    """A price for some buyers, whom no list names: shown to everybody, it would be wrong."""
    said = ", ".join(f'{name} = "{value}"' for name, value in further.items())
    keys = ", ".join(further) or "no further key"
    return RejectedError(
        f"condition {row.record}: no price list takes {row.kind} with {keys}",
        code="nobodys",
        field=f"{row.kind} with {keys}",
        value=said,
        remedy=f"add `keys = {{ {said} }}` to a price list with {row.kind},"
        " or name the key in the connection's ignored_keys",
    )


def _refusal(row: ValidityRow, error: RejectedError) -> Refusal:
    """Who buys at which keys is a matter of the file: one exception for all articles."""
    subject = "keys" if error.code == "nobodys" else row.material
    return Refusal(subject, error.field or "", str(error.value), str(error), error.remedy or "")


def _condition(row: ValidityRow, price_list: PriceList, settings: SapSettings) -> PriceCondition:
    record = row.condition
    if record.calculation not in settings.amount_types:
        raise _wrong(row, "ConditionCalculationType", record.calculation, _AMOUNT)
    if not record.unit:
        raise _wrong(row, "ConditionQuantityUnit", "", "enter the unit the amount is for")
    rate, scales = _rates(row, settings)
    try:
        return PriceCondition(
            condition_id=row.record,
            sku=row.material,
            kind=price_list.conditions[row.kind],
            price_list=price_list.name,
            amount=Money.parse(rate, record.currency),
            per=record.quantity or ONE,
            unit=record.unit,
            tax_basis=price_list.tax_basis,
            window=_window(row, settings),
            scales=scales,
        )
    except ValueError as error:
        said = f"{rate} {record.currency} from {row.start} to {row.end}"
        problem = str(error).split("\n", 1)[0]
        raise _wrong(row, "", said, f"correct the condition record in SAP: {problem}") from error


_AMOUNT = "enter an amount per unit: percentages and formulas are SAP's own to apply"


def _window(row: ValidityRow, settings: SapSettings) -> EffectiveWindow:
    last = values.day(row.end)
    end = None if last == values.OPEN_END else last + timedelta(days=1)
    return EffectiveWindow(
        start=day_start(values.day(row.start), settings.zone),
        end=day_start(end, settings.zone) if end else None,
        zone=settings.zone,
    )


def _rates(row: ValidityRow, settings: SapSettings) -> tuple[Decimal, tuple[Scale, ...]]:
    """What one unit costs, and from how many on it costs otherwise."""
    record = row.condition
    lines = sorted(record.scale, key=lambda line: line.quantity)
    if not lines:
        return record.rate, ()
    for field, value, known in (
        ("PricingScaleType", record.scale_type, settings.quantity_scales),
        ("PricingScaleBasis", record.scale_basis, settings.quantity_bases),
    ):
        if value not in known:
            raise _wrong(row, field, value, "enter the scale as from-quantities")
    if lines[0].quantity > ONE:
        remedy = "enter a scale line for the first unit"
        raise _wrong(row, "ConditionScaleQuantity", str(lines[0].quantity), remedy)
    return lines[0].rate, tuple(_scale(row, record, line) for line in lines[1:])


def _scale(row: ValidityRow, record: ConditionRecord, line: ScaleLine) -> Scale:
    unit = line.unit or record.scale_unit or record.unit
    try:
        amount = Money.parse(line.rate, line.currency or record.currency)
        return Scale(quantity=line.quantity, unit=unit, amount=amount)
    except ValueError as error:
        said = f"line {line.line}: {line.rate} {line.currency} from {line.quantity} {unit}"
        problem = str(error).split("\n", 1)[0]
        raise _wrong(row, "scale", said, f"correct the scale in SAP: {problem}") from error


def _wrong(row: ValidityRow, field: str, value: str, remedy: str) -> RejectedError:
    said = f"condition {row.record} of {row.material} cannot be kept"
    where = f"condition {row.record} {field}".strip()
    return RejectedError(said, field=where, value=value, remedy=remedy)
