"""A refund as several tellings make it: a channel may tell one before its money has moved."""

from collections.abc import Iterable

from shared.model.case import Case, IntentKind, IntentState
from shared.model.invoice import BillingDocument
from shared.model.money import Money
from shared.model.order import Refund


def joined(case: Case, told: Iterable[Refund]) -> tuple[Refund, ...]:
    """The refunds of a case with what one more telling has of them."""
    found = {one.refund_id: one for one in case.refunds}
    for one in (_whole(case, one) for one in told):
        known = found.get(one.refund_id)
        sent = _sent(case, one)
        found[one.refund_id] = completed(known, one, sent=sent) if known else one
    return tuple(found.values())


def _whole(case: Case, refund: Refund) -> Refund:
    """A refund as its channel tells it, with amounts off lines that a channel cannot tell."""
    found = next((one for one in case.asked if one.name == refund.asked), None)
    if found is None:
        return refund
    bare = tuple(line for line in found.lines if not line.quantity)
    return refund.model_copy(update={"lines": (*refund.lines, *bare)}) if bare else refund


def completed(known: Refund, told: Refund, *, sent: bool) -> Refund:
    """What is known of a refund, with what another telling has of it beside that.

    Nothing known is taken back. If the ERP may have been `sent` it, its goods stay as they were
    sent; an amount that was none is filled in all the same, for the books to show.
    """
    if known == told:
        return known
    goods = {
        "lines": known.lines or told.lines,
        "freight": known.freight or told.freight,
        "return_id": known.return_id or told.return_id,
    }
    more = {
        "total": _filled(known.total, told.total),
        "shopper": _filled(known.shopper, told.shopper),
        "payments": _either(known.payments, told.payments),
        "asked": known.asked or told.asked,
    }
    return known.model_copy(update=more if sent else more | goods)


def refund_of(case: Case, bill: BillingDocument) -> str | None:
    """The refund whose document a credit memo bills."""
    return next(
        (
            intent.intent_id.removeprefix("credit#")
            for intent in case.intents
            if intent.kind is IntentKind.CREDIT and intent.result == bill.bills
        ),
        None,
    )


def _filled(known: Money | None, told: Money | None) -> Money | None:
    return known if told is None or (known is not None and known.amount) else told


def _either(known: tuple[str, ...], told: tuple[str, ...]) -> tuple[str, ...]:
    """Those of both, in the order in which they are told where one names them all."""
    for whole, part in ((known, told), (told, known)):
        if set(part) <= set(whole):
            return whole
    return tuple(sorted({*known, *told}))


def _sent(case: Case, refund: Refund) -> bool:
    intent = case.intent(f"credit#{refund.refund_id}")
    return intent is not None and intent.state is not IntentState.PLANNED
