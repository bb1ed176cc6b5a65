"""The ERP's customer of an order: found, created once, or the account that stands for all.

A row per customer keeps what is under way, as an order's intent does: it is written before the
first byte leaves, and whoever finds it asks the ERP for our reference before a second try. Rows are
named by digests; neither they nor what is told of them says who the customer is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from shared.domain import customers
from shared.domain.customers import CustomerWish
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.duplicates import check, customer_twice
from shared.flows.issues import Issues
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.order import Order
from shared.ports import Clock, Key, Put, Queues, Row, Store

TRIES: Final = 8
BUSY: Final = timedelta(seconds=5)  # until somebody else has created the same customer
SENT, PLANNED, KNOWN = "sent", "planned", "known"


class CustomerBook(Protocol):
    """An ERP that keeps customers."""

    def find_customer(self, wish: CustomerWish) -> Sequence[str]:
        """Every account under our reference, the oldest first; else the only one of this e-mail.

        Raises RejectedError where several have the e-mail.
        """
        ...

    def create_customer(self, wish: CustomerWish) -> str:
        """Create the customer; raises InDoubtError when the answer was lost."""
        ...


@frozen
class Customers:
    """`settle` is how late a lost request may still take effect in this ERP."""

    connection: str
    erp: CustomerBook
    store: Store
    queues: Queues
    issues: Issues
    clock: Clock
    settle: timedelta

    def booked(self, order: Order) -> Order:
        """The order with the ERP's account it is booked on.

        Raises RetryableError saying when to look again, and RejectedError if the ERP refuses the
        customer; neither names him.
        """
        terms = order.terms
        if terms is None or terms.customer == "house" or terms.account is not None:
            return order
        account = self._account(order, create=terms.customer == "create")
        known = terms.model_copy(update={"account": account})
        return order.model_copy(update={"terms": known})

    def check(self, order: Order) -> None:
        """Ask again for a customer who was created twice, once no request can land any more."""
        found = customers.identity(order)
        if found is not None and order.terms is not None and order.terms.customer == "create":
            person = self._person(found, create=False)
            self._found(CustomerWish(customers.reference(person), order))

    def forget(self, order: Order) -> None:
        """Look anew who the customer is: a person has mended something in the ERP."""
        found = customers.identity(order)
        if found is None or order.terms is None or order.terms.customer == "house":
            return
        key = keys.customer(self.connection, self._person(found, create=False))
        row = self.store.get([key]).get(key)
        if row is not None and row.body["state"] == KNOWN:
            self.store.commit([Put(key, {"state": PLANNED}, row.rev)])

    def _account(self, order: Order, *, create: bool) -> str | None:
        found = customers.identity(order)
        if found is None:
            return None
        person = self._person(found, create=create)
        key = keys.customer(self.connection, person)
        wish = CustomerWish(customers.reference(person), order)
        row = self.store.get([key]).get(key)
        state = row.body["state"] if row else PLANNED
        if row is not None and state == KNOWN:
            return str(row.body["account"])
        known = self._found(wish)
        if known is not None:
            self._keep(key, row, known)
            return known
        if row is not None and state == SENT:
            self._wait(row)
        return self._create(key, row, wish) if create else None

    def _found(self, wish: CustomerWish) -> str | None:
        """The oldest account there is; that there is another one is told."""
        found = self.erp.find_customer(wish)
        self.issues.report(customer_twice(self.connection, wish.reference, found))
        return found[0] if found else None

    def _person(self, found: customers.Identity, *, create: bool) -> str:
        """An account in the shop stays who it was when it ordered first, whatever its e-mail."""
        if found.member is None:
            return found.person
        key = keys.customer(self.connection, found.member)
        for _ in range(TRIES):
            row = self.store.get([key]).get(key)
            if row is not None:  # the account's own row, if no e-mail was told at first
                return str(row.body.get("person", found.member))
            if not create or found.member == found.person:
                return found.person
            if self.store.commit([Put(key, {"person": found.person}, 0)])[0]:
                return found.person
        raise RetryableError("a customer is contended", after=BUSY)

    def _wait(self, row: Row) -> None:
        safe_at = datetime.fromisoformat(str(row.body["sent_at"])) + self.settle
        now = self.clock.now()
        if now < safe_at:
            raise RetryableError("a customer may still be created", after=safe_at - now)

    def _create(self, key: Key, row: Row | None, wish: CustomerWish) -> str:
        now = self.clock.now()
        rev = row.rev if row else 0
        attempts = int(str(row.body.get("attempts", 0))) if row else 0
        sent: dict[str, Json] = {
            "state": SENT,
            "sent_at": now.isoformat(),
            "attempts": attempts + 1,
        }
        if not self.store.commit([Put(key, sent, rev)])[0]:
            raise RetryableError("somebody else creates this customer", after=BUSY)
        try:
            account = self.erp.create_customer(wish)
        except InDoubtError as error:
            message = "the ERP's answer about a customer was lost"
            raise RetryableError(message, after=self.settle) from error
        except (RetryableError, AccessError):
            self.store.commit([Put(key, {**sent, "state": PLANNED}, rev + 1)])
            raise
        except RejectedError as error:
            self.store.commit([Put(key, {**sent, "state": PLANNED}, rev + 1)])
            raise _unnamed(error) from error
        self.store.commit([Put(key, {"state": KNOWN, "account": account}, rev + 1)])
        if attempts:
            self._look_again(wish)
        return account

    def _look_again(self, wish: CustomerWish) -> None:
        """A first request that was given up may have landed meanwhile, or land yet."""
        self.queues.send([check(self.connection, wish.order.order_id, self.settle)])

    def _keep(self, key: Key, row: Row | None, account: str) -> None:
        """A conflict means that somebody else has found out the same."""
        known = {"state": KNOWN, "account": account}
        self.store.commit([Put(key, known, row.rev if row else 0)])


def _unnamed(error: RejectedError) -> RejectedError:
    """What the ERP refuses of a customer, without the text, which may hold his data."""
    return RejectedError(
        "the ERP refuses to create the customer" + (f": {error.field}" if error.field else ""),
        code=error.code,
        field=error.field,
        remedy="create the customer in the ERP or correct what it names in the channel, "
        "then replay",
    )
