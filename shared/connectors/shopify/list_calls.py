"""The calls that set and read what price lists have; few shops have any.

Lines that name themselves in an error are refused by themselves; a call that is refused unnamed is
searched for its lines.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from pydantic import BaseModel

from shared.connectors.shopify import list_queries, list_schema, mapping, queries
from shared.connectors.shopify.amounts import money
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.price_lists import NO_LIST, Row
from shared.connectors.shopify.queries import Operation
from shared.connectors.shopify.schema import UserError
from shared.errors import RejectedError, SyncError
from shared.frozen import frozen
from shared.kit.isolating import Sent, isolate
from shared.model.money import Money
from shared.model.target import Outcome, ScaledPrice, SegmentPrice, Verdict

NOT_FIXED = frozenset({"PRICE_NOT_FIXED", "PRICE_DELETE_PRICE_NOT_FIXED"})
PER_CALL = queries.ARRAY_MAX // list_queries.BREAKS_MAX
"""Lines with prices by quantity that one call takes."""


@frozen
class ListCalls:
    api: AdminApi

    def set(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, list[Outcome]]:
        """Set the rows of each list; the outcomes of every line, one for each list."""
        found: dict[str, list[Outcome]] = {}
        for gid, mine in rows.items():
            plain = [row for row in mine if row.value is not None and not row.scaled]
            scaled = [row for row in mine if row.value is not None and row.scaled]
            gone = [row for row in mine if row.value is None]
            for part, send in ((plain, self._fixed), (scaled, self._scaled), (gone, self._gone)):
                most = PER_CALL if part is scaled else queries.ARRAY_MAX
                for outcome in isolate(part, partial(send, gid), most=most):
                    found.setdefault(outcome.key, []).append(outcome)
        return found

    def shown(
        self, lists: Mapping[str, str], variants: Mapping[str, str]
    ) -> dict[str, dict[str, SegmentPrice]]:
        """By key: what each segment is shown beside the general price."""
        found: dict[str, dict[str, SegmentPrice]] = {}
        ids = list(variants)
        for name, gid in lists.items():
            for i in range(0, len(ids), list_queries.READ_AT_ONCE):
                some = ids[i : i + list_queries.READ_AT_ONCE]
                for price in self._read(gid, some):
                    key = variants.get(price.variant.id)
                    if key is not None:
                        found.setdefault(key, {})[name] = _value(price)
        return found

    def _read(self, gid: str, ids: Sequence[str]) -> Sequence[list_schema.FixedPrice]:
        named = " OR ".join(f"variant_id:{one.rsplit('/', 1)[-1]}" for one in ids)
        variables = {"list": gid, "first": len(ids), "query": named}
        operation = list_queries.fixed_read(len(ids))
        answer = self.api.call(operation, variables, list_schema.FixedReadAnswer)
        if answer.price_list is None:
            raise RejectedError(
                f"the shop has no price list {gid}",
                code=NO_LIST,
                field="external",
                value=gid,
                remedy="correct the price list of the segment in the retailer's file",
            )
        return answer.price_list.prices.nodes

    def _fixed(self, gid: str, rows: Sequence[Row]) -> Sent[Outcome]:
        variables = {"list": gid, "prices": [_price(row) for row in rows]}
        answer = self._asked(list_queries.FIXED_SET, variables, list_schema.FixedSetAnswer)
        if isinstance(answer, SyncError):
            return _all(rows, answer)
        payload = answer.price_list_fixed_prices_add
        shown = {price.variant.id: _value(price) for price in payload.prices or ()}
        done = {row.variant for row in rows if _same(shown.get(row.variant), row.value)}
        judged = _judged(rows, payload.user_errors, done)
        named = {o.key for o in judged.outcomes if o.verdict is Verdict.REJECTED}
        rest = [row for row in rows if row.key not in named]
        if done or judged.refused or not named or not rest:
            return judged
        again = self._fixed(gid, rest)  # a bad row may have held up the others
        told = [outcome for outcome in judged.outcomes if outcome.key in named]
        return Sent([*told, *again.outcomes]) if not again.refused else judged

    def _scaled(self, gid: str, rows: Sequence[Row]) -> Sent[Outcome]:
        """Price and prices by quantity together, all of them or none."""
        breaks = [(row, each) for row in rows if row.value for each in row.value.scales]
        given = {
            "pricesToAdd": [_price(row) for row in rows],
            "pricesToDeleteByVariantId": [],
            "quantityPriceBreaksToAdd": [_break(row, each) for row, each in breaks],
            "quantityPriceBreaksToDelete": [],
            "quantityPriceBreaksToDeleteByVariantId": [row.variant for row in rows],
            "quantityRulesToAdd": [],
            "quantityRulesToDeleteByVariantId": [],
        }
        variables = {"list": gid, "input": given}
        answer = self._asked(list_queries.QUANTITY_SET, variables, list_schema.QuantitySetAnswer)
        if isinstance(answer, SyncError):
            return _all(rows, answer)
        errors = answer.quantity_pricing_by_variant_update.user_errors
        if not errors:
            return _judged(rows, (), {row.variant for row in rows})
        return Sent(_judged(rows, _unplaced(errors), set()).outcomes, refused=not _busy(errors))

    def _gone(self, gid: str, rows: Sequence[Row]) -> Sent[Outcome]:
        variables = {"list": gid, "variants": [row.variant for row in rows]}
        answer = self._asked(list_queries.FIXED_DELETE, variables, list_schema.FixedDeleteAnswer)
        if isinstance(answer, SyncError):
            return _all(rows, answer)
        payload = answer.price_list_fixed_prices_delete
        errors = [e for e in payload.user_errors if e.code not in NOT_FIXED]
        if len(rows) == 1 and not errors:
            return _judged(rows, (), {rows[0].variant})
        return _judged(rows, errors, set(payload.deleted_fixed_price_variant_ids or ()))

    def _asked[T: BaseModel](
        self, operation: Operation, variables: Mapping[str, object], answer: type[T]
    ) -> T | SyncError:
        """Trouble of one list is that of its lines: another part of them may be through."""
        try:
            return self.api.call(operation, variables, answer)
        except SyncError as error:
            return error


def operations(kinds: Mapping[tuple[str, int], int]) -> list[Operation]:
    """The calls that so many rows make, by list and kind: taken away, fixed, by quantity."""
    by_kind = (list_queries.FIXED_DELETE, list_queries.FIXED_SET, list_queries.QUANTITY_SET)
    most = (queries.ARRAY_MAX, queries.ARRAY_MAX, PER_CALL)
    return [by_kind[kind] for (_, kind), n in kinds.items() for _ in range(-(-n // most[kind]))]


def _all(rows: Sequence[Row], error: SyncError) -> Sent[Outcome]:
    kind = mapping.verdict_of(error)
    return Sent([mapping.verdict(row.key, kind, "", str(error)) for row in rows])


def _judged(rows: Sequence[Row], errors: Sequence[UserError], done: set[str]) -> Sent[Outcome]:
    """Applied where the answer says so; refused where an error names the line; in doubt by both."""
    named = {mapping.position(error.field): error for error in errors}
    loose = next((error for error in errors if mapping.position(error.field) is None), None)
    outcomes = []
    for i, row in enumerate(rows):
        error = named.get(i) or (loose if row.variant not in done else None)
        if error is not None and row.variant in done:
            outcomes.append(
                mapping.verdict(row.key, Verdict.UNKNOWN, "another_line", error.message)
            )
        elif error is not None:
            kind = Verdict.RETRY if mapping.busy(error) else Verdict.REJECTED
            code, said = error.code or "refused", error.message
            outcomes.append(mapping.verdict(row.key, kind, code, said))
        elif row.variant in done:
            outcomes.append(Outcome(key=row.key, verdict=Verdict.APPLIED))
        else:
            outcomes.append(mapping.verdict(row.key, Verdict.UNKNOWN, "no_answer"))
    whole = loose is not None and not done and not mapping.busy(loose)
    return Sent(outcomes, refused=whole)


def _unplaced(errors: Sequence[UserError]) -> list[UserError]:
    """Positions of several arrays say nothing about lines: they are searched for."""
    return [error.model_copy(update={"field": None}) for error in errors]


def _busy(errors: Sequence[UserError]) -> bool:
    return any(mapping.busy(error) for error in errors)


def _same(shown: SegmentPrice | None, wished: SegmentPrice | None) -> bool:
    if shown is None or wished is None:
        return False
    return (shown.price, shown.compare_at) == (wished.price, wished.compare_at)


def _price(row: Row) -> dict[str, object]:
    value = row.value
    if value is None:
        raise ValueError(f"{row.key} has no price to set")
    compare_at = _money(value.compare_at) if value.compare_at else None
    return {"variantId": row.variant, "price": _money(value.price), "compareAtPrice": compare_at}


def _break(row: Row, scale: ScaledPrice) -> dict[str, object]:
    return {
        "variantId": row.variant,
        "minimumQuantity": scale.quantity,
        "price": _money(scale.price),
    }


def _money(money: Money) -> dict[str, str]:
    return {"amount": money.text(), "currencyCode": money.currency}


def _value(theirs: list_schema.FixedPrice) -> SegmentPrice:
    def read(amount: list_schema.Amount, where: str) -> Money:
        return money(amount.amount, amount.currency_code, where)

    compare_at = theirs.compare_at_price
    breaks = sorted(theirs.quantity_price_breaks.nodes, key=lambda one: one.minimum_quantity)
    return SegmentPrice(
        price=read(theirs.price, "price"),
        compare_at=read(compare_at, "compareAtPrice") if compare_at else None,
        scales=tuple(
            ScaledPrice(quantity=one.minimum_quantity, price=read(one.price, "price"))
            for one in breaks
            if one.minimum_quantity > 1
        ),
    )
