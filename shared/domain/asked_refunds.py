"""A refund that is asked for: what it comes to, and whether so much is left.

Units of a line are worth what was paid for them: all of its refunds together come to the line's
price, to the cent. What was asked for and not told by the channel yet is taken off what is left.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from shared.domain import books, demand, payments, tenders
from shared.domain.credits import OverRefund, by
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.asked_refund import AskedRefund
from shared.model.case import Case, IntentState
from shared.model.money import Money, total
from shared.model.order import Order, Payment, PaymentKind, Refund, RefundedFreight, RefundLine
from shared.model.order_policy import OrderPolicy
from shared.model.refund_call import CalledRefundLine, RefundCall
from shared.model.refund_shares import TenderShare

EXCEEDS = "exceeds"
"""More than is left, of the order, one of its parts or payments."""

MALFORMED = "malformed"


def name_of(order_id: str, refund_id: str) -> str:
    """Ours, of ten characters: refunds of all orders of a channel are told apart by it."""
    return "C" + sha256(f"{order_id}/{refund_id}".encode()).hexdigest()[:9].upper()


def digest(call: RefundCall) -> str:
    return sha256(call.model_dump_json().encode()).hexdigest()[:16]


def pending(case: Case) -> tuple[AskedRefund, ...]:
    """What was asked for, was not refused, and is in no refund yet."""
    seen = {name for refund in case.refunds for name in (refund.asked, refund.refund_id) if name}
    done = {i.intent_id for i in case.intents if i.result in seen}
    done |= {i.intent_id for i in case.intents if i.state is IntentState.REJECTED}
    return tuple(one for one in case.asked if one.name not in seen and one.intent_id not in done)


def _all(case: Case) -> tuple[Refund, ...]:
    """Everything that went back or is about to."""
    return (*case.refunds, *(as_refund(one) for one in pending(case)))


def left(case: Case, policy: OrderPolicy) -> Money:
    """What may still be refunded: of what was captured, or of the total if that is never told."""
    order = case.newest
    elsewhere = books.untold(case, policy)
    paid = order.total if elsewhere else payments.captured(order, order.payments)
    gone = sum(one.total.amount for one in _all(case))
    return Money(amount=max(0, paid.amount - gone), currency=order.currency)


def asked(case: Case, call: RefundCall, policy: OrderPolicy, *, at: datetime) -> AskedRefund:
    """The refund as it is kept; RejectedError for more than is left, or what the order has not."""
    wish = _Wish(case, case.newest, call)
    lines, freight = wish.lines(), wish.freight()
    parts = [_gross(case.newest, part) for part in (*lines, *([freight] if freight else ()))]
    more = wish.amount("appeasement", call.appeasement)
    whole = total(case.newest.currency, [*parts, *([more] if more else ())])
    if not whole.amount:
        raise _refused(MALFORMED, "lines", "", "nothing goes back", "name units or an amount")
    rest = left(case, policy)
    if whole.amount > rest.amount:
        raise _refused(
            EXCEEDS,
            "appeasement" if call.appeasement else "lines",
            whole.text(),
            f"{whole} is more than the {rest} that is left of what was paid",
            f"refund no more than {rest.text()}; what is not captured yet is cancelled instead",
        )
    made = AskedRefund(
        name=name_of(call.order_id, call.refund_id),
        refund_id=call.refund_id,
        asked_at=at,
        reason=call.reason,
        digest=digest(call),
        total=whole,
        lines=lines,
        freight=freight,
        shopper=_shopper(case, whole, rest),
    )
    return made.model_copy(update={"tenders": wish.tenders(made)})


def as_refund(asked: AskedRefund, *, created_at: datetime | None = None) -> Refund:
    """The refund it is, where no channel makes one of it."""
    return Refund(
        refund_id=asked.name,
        created_at=created_at or asked.asked_at,
        total=asked.total,
        lines=asked.lines,
        freight=asked.freight,
        asked=asked.name,
        shopper=asked.shopper,
    )


@frozen
class _Wish:
    case: Case
    order: Order
    call: RefundCall

    def amount(self, field: str, text: str | None) -> Money | None:
        if text is None:
            return None
        try:
            found = Money.parse(text, self.order.currency)
        except ValueError as error:
            raise _refused(MALFORMED, field, text, str(error), "send a decimal amount") from error
        if found.amount < 0:
            raise _refused(MALFORMED, field, text, "is negative", "send what goes back, above 0")
        return found

    def lines(self) -> tuple[RefundLine, ...]:
        named = [line.line_id for line in self.call.lines]
        for place, name in enumerate(named):
            if name in named[:place]:
                field = f"lines.{place}.line_id"
                raise _refused(MALFORMED, field, name, "occurs twice", "name each line once")
        return tuple(self._line(place, line) for place, line in enumerate(self.call.lines))

    def _line(self, place: int, called: CalledRefundLine) -> RefundLine:
        field = f"lines.{place}"
        line = next((x for x in self.order.lines if x.line_id == called.line_id), None)
        if line is None:
            known = ", ".join(x.line_id for x in self.order.lines[:20])
            text = "no such line"
            raise _refused(
                MALFORMED, f"{field}.line_id", called.line_id, text, f"known are {known}"
            )
        done = [x for x in self._refunded() if x.line_id == line.line_id]
        units = sum(x.quantity for x in done)
        gone = demand.shipped(self.case)[line.line_id] - units
        if called.quantity > gone:
            raise _refused(
                EXCEEDS,
                f"{field}.quantity",
                called.quantity,
                f"only {max(gone, 0)} of line {line.line_id} have left and are not refunded",
                "cancel or edit in the channel what has not left",
            )
        net = line.unit_price.amount * line.quantity - sum(d.amount.amount for d in line.discounts)
        tax = sum(t.amount.amount for t in line.taxes)
        wanted = self.amount(f"{field}.amount", called.amount)
        price, part = (_slice(x, line.quantity, units, called.quantity) for x in (net, tax))
        if wanted is not None:
            price, part = self._split(wanted.amount, net, tax)
        gross = net + (0 if self.order.taxes_included else tax)
        before = sum(_gross(self.order, x).amount for x in done)
        wish = price + (0 if self.order.taxes_included else part)
        if wish > gross - before:
            rest = Money(amount=max(0, gross - before), currency=self.order.currency)
            value = called.amount or called.quantity
            text = f"{rest} of line {line.line_id} is left"
            remedy = f"refund no more than {rest.text()} of it; the rest is an appeasement"
            raise _refused(EXCEEDS, f"{field}.amount", value, text, remedy)
        return RefundLine(
            line_id=line.line_id,
            quantity=called.quantity,
            amount=Money(amount=price, currency=self.order.currency),
            tax=Money(amount=part, currency=self.order.currency),
        )

    def freight(self) -> RefundedFreight | None:
        wanted = self.amount("shipping", self.call.shipping)
        if wanted is None or not wanted.amount:
            return None
        posts = self.order.shipping
        net = sum(p.price.amount - sum(d.amount.amount for d in p.discounts) for p in posts)
        tax = sum(t.amount.amount for p in posts for t in p.taxes)
        parts = [one.freight for one in _all(self.case) if one.freight]
        before = sum(_gross(self.order, one).amount for one in parts)
        rest = net + (0 if self.order.taxes_included else tax) - before
        if wanted.amount > rest:
            most = Money(amount=max(0, rest), currency=self.order.currency)
            text, remedy = f"{most} of the shipping is left", f"refund no more than {most.text()}"
            raise _refused(EXCEEDS, "shipping", self.call.shipping, text, remedy)
        price, part = self._split(wanted.amount, net, tax)
        currency = self.order.currency
        return RefundedFreight(
            amount=Money(amount=price, currency=currency), tax=Money(amount=part, currency=currency)
        )

    def _split(self, gross: int, net: int, tax: int) -> tuple[int, int]:
        """An amount with tax as the order's prices are, and the tax in it."""
        bare = net - tax if self.order.taxes_included else net
        without, part = by(gross, [bare, tax]) if bare + tax else (gross, 0)
        return (gross if self.order.taxes_included else without), part

    def _refunded(self) -> Iterable[RefundLine]:
        return [x for one in _all(self.case) for x in one.lines]

    def tenders(self, made: AskedRefund) -> tuple[TenderShare, ...]:
        """By the payments that are named, else as it was paid."""
        before = [_tendered(one) for one in pending(self.case)]
        named = tuple(self._named())
        if named and sum(x.amount.amount for x in named) != made.total.amount:
            said = total(self.order.currency, (x.amount for x in named))
            text, remedy = f"they are not the {made.total} that goes back", "let them add up to it"
            raise _refused(MALFORMED, "tenders", said.text(), text, remedy)
        own = _tendered(made.model_copy(update={"tenders": named}))
        backs = [payment for _, paid in (*before, own) for payment in paid]
        refunds = (*self.case.refunds, *(refund for refund, _ in before), own[0])
        found = tenders.tendered(self.order, (*self.order.payments, *backs), refunds)
        if isinstance(found, OverRefund):
            text = f"only {found.left} of it is left at {found.gateway or 'all payments'}"
            remedy = f"refund no more than {found.left.text()} there, the rest by another payment"
            raise _refused(EXCEEDS, "tenders", found.stated.text(), text, remedy)
        return found

    def _named(self) -> Iterable[TenderShare]:
        captures = {
            p.reference: p
            for p in self.order.payments
            if p.succeeded and p.kind is PaymentKind.CAPTURE
        }
        for place, one in enumerate(self.call.tenders):
            payment, amount = captures.get(one.payment), self.amount("tenders", one.amount)
            if payment is None or amount is None:
                remedy = f"known are {', '.join(captures) or 'none'}"
                field, text = f"tenders.{place}.payment", "is no captured payment of the order"
                raise _refused(MALFORMED, field, one.payment, text, remedy)
            yield TenderShare(payment=one.payment, gateway=payment.gateway, amount=amount)


def _tendered(asked: AskedRefund) -> tuple[Refund, Sequence[Payment]]:
    """As if the channel had told it already, with the payments by which it goes back."""
    paid = [
        Payment(
            reference=f"{asked.name}/{place}",
            gateway=share.gateway,
            kind=PaymentKind.REFUND,
            succeeded=True,
            amount=share.amount,
            parent=share.payment,
            shopper=share.shopper,
        )
        for place, share in enumerate(asked.tenders)
    ]
    refund = as_refund(asked)
    return refund.model_copy(update={"payments": tuple(one.reference for one in paid)}), paid


def _slice(whole: int, quantity: int, before: int, units: int) -> int:
    """What the next so many of the units are of the whole; all of them together are all of it."""
    return whole * (before + units) // quantity - whole * before // quantity


def _gross(order: Order, part: RefundLine | RefundedFreight) -> Money:
    return part.amount if order.taxes_included else part.amount + part.tax


def _shopper(case: Case, whole: Money, rest: Money) -> Money | None:
    """The same in the currency the shopper paid in: his share of what is left there."""
    order = case.newest
    taken = [p for p in order.payments if p.succeeded and p.kind is PaymentKind.CAPTURE]
    if order.shopper_total is None or not taken or not all(p.shopper for p in taken):
        return None
    gone = sum(one.shopper.amount for one in _all(case) if one.shopper is not None)
    room = sum(p.shopper.amount for p in taken if p.shopper is not None) - gone
    part, _ = by(room, [whole.amount, rest.amount - whole.amount])
    return Money(amount=part, currency=order.shopper_total.currency)


def _refused(code: str, field: str, value: object, text: str, remedy: str) -> RejectedError:
    return RejectedError(text, code=code, field=field, value=value, remedy=remedy)
