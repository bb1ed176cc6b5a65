"""What customers send back: the shop opens and processes returns, the ERP receives them."""

from dataclasses import dataclass
from typing import Any

from shared.model.base import Json
from tests.simulation.scenario import SHARE, Play

SOLD_AGAIN, BROKEN = "653", "657"


@dataclass(frozen=True, slots=True)
class Returning:
    """The staff of one shop, and of the ERP, each without a word to the other."""

    play: Play
    shop: str = "shop"

    def open(self) -> None:
        """The shop grants a return of one unit that was sent, or a shopper asks for one."""
        for order in self._orders():
            line = next((one for one in order.lines if self._returnable(order, one)), None)
            if line is not None:
                requested = self.play.rng.random() < SHARE
                rows: list[Json] = [{"line": line.line_id, "quantity": 1}]
                self._note(f"opens a return of {order.order_id}")
                self._vendor.control(
                    "open_return", order=order.order_id, lines=rows, requested=requested
                )
                return

    def answer(self) -> None:
        """The shop says yes or no to what was asked for."""
        for order in self._orders():
            for one in order.returns:
                if one.status == "REQUESTED":
                    how = "approve" if self.play.rng.random() < SHARE else "decline"
                    self._note(f"{how}s return {one.return_id}")
                    self._vendor.control(
                        "answer_return", order=order.order_id, number=one.return_id, how=how
                    )

    def process(self) -> None:
        """The shop says what became of the units it granted, and gives their money back."""
        for order in self._orders():
            for one in [each for each in order.returns if each.status == "OPEN"]:
                kind = self.play.rng.choice(("RESTOCKED", "NOT_RESTOCKED"))
                rows: list[Json] = [
                    {"line": line, "quantity": units - one.disposed(line), "disposition": kind}
                    for line, units in one.units.items()
                ]
                self._note(f"processes return {one.return_id}: {kind}")
                self._vendor.control(
                    "process_return",
                    order=order.order_id,
                    number=one.return_id,
                    lines=rows,
                    refund=True,
                )

    def receive(self) -> None:
        """The ERP's warehouse receives whatever it expects, as good or as broken."""
        erp = self.play.world.vendors["erp"]
        for document in list(erp.tenant.credits.after(None)):
            if document.kind == "CustomerReturn" and self._expected(document):
                movement = self.play.rng.choice((SOLD_AGAIN, BROKEN))
                self.play.world.engine.note(f"ERP: receives {document.number}, {movement}")
                erp.control("receive_return", number=document.number, movement=movement)

    def make(self) -> None:
        """The ERP's staff take one unit back by themselves, and the shop refunds just that."""
        erp = self.play.world.vendors["erp"]
        for order in self._orders():
            reference = f"{self.shop}-{order.order_id}".upper()
            held = next(iter(erp.tenant.by_reference.get(reference, [])), None)
            item = held.items[0] if held else None
            if held is None or item is None or item.delivered < 1 or order.returns or order.refunds:
                continue
            self.play.world.engine.note(f"ERP: takes one of {held.number} back")
            invoice = self._invoiced(held.number) if self.play.rng.random() < SHARE else None
            items = {item.item: 1}
            erp.control("make_return", order=held.number, items=items, invoice=invoice)
            return

    def _invoiced(self, number: str) -> str | None:
        """The invoice of an order, which is billed if it is not yet."""
        erp = self.play.world.vendors["erp"]
        erp.control("bill")
        bills = erp.tenant.bills.after(None)
        named = (b.number for b in bills if any(i.document == number for i in b.items))
        return next(named, None)

    def refund(self) -> None:
        """The shop refunds a unit of an order the ERP made a return of, as it was asked to."""
        erp = self.play.world.vendors["erp"]
        made = {d.order for d in erp.tenant.credits.after(None) if not d.reference}
        for order in self._orders():
            reference = f"{self.shop}-{order.order_id}".upper()
            held = next(iter(erp.tenant.by_reference.get(reference, [])), None)
            if held is not None and held.number in made and not order.refunds and order.fulfilments:
                rows: list[Json] = [{"line": order.lines[0].line_id, "quantity": 1}]
                self._note(f"refunds one of {order.order_id}")
                self._vendor.control("refund", order=order.order_id, lines=rows, restock=True)
                return

    @property
    def _vendor(self) -> Any:
        return self.play.world.vendors[self.shop]

    def _orders(self) -> list[Any]:
        return list(self._vendor.shop.orders.values())

    def _note(self, what: str) -> None:
        self.play.world.engine.note(f"{self.shop}: {what}")

    def _returnable(self, order: Any, line: Any) -> bool:
        sent = sum(each.lines.get(line.line_id, 0) for each in order.fulfilments)
        asked = sum(one.units.get(line.line_id, 0) for one in order.returns)
        return bool(sent - asked > 0 and not order.refunds)

    def _expected(self, document: Any) -> bool:
        tenant = self.play.world.vendors["erp"].tenant
        came = sum(
            line.quantity
            for delivery in tenant.returned.after(None)
            for line in delivery.items
            if line.document == document.number
        )
        return bool(sum(item.quantity for item in document.items if not item.rejected) > came)
