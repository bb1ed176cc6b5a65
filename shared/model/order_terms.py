"""What the ERP is told of an order beside what its channel says of it."""

from typing import Literal

from shared.model.base import Canonical
from shared.model.ids import Sku

type CustomerPolicy = Literal["house", "match", "create"]


class OrderTerms(Canonical):
    """As the retailer's rules had it when the order was judged; None is left to the ERP's setting.

    Codes are the ERP's own words. `account` is the ERP's customer once it is known. By line id are
    `tax_codes`, and `ship_from`, the ERP's names of where goods leave; `freight_tax_codes` are in
    the order of the order's shipping, empty where no code is known.
    """

    sales_organization: str | None = None
    distribution_channel: str | None = None
    division: str | None = None
    order_type: str | None = None
    shipping_condition: str | None = None
    payment_terms: str | None = None
    customer_tax: str | None = None
    customer: CustomerPolicy = "house"
    house_account: str | None = None
    account: str | None = None
    ship_from: dict[str, str] = {}
    send_address: bool = False
    tax_codes: dict[str, str] = {}
    freight_sku: Sku | None = None
    freight_tax_codes: tuple[str, ...] = ()

    @property
    def told_address(self) -> bool:
        """Whether the ERP gets to see the address, with the order or as its customer's."""
        return self.send_address or self.customer == "create"

    @property
    def sold_to(self) -> str | None:
        """Whom the ERP books the order on; None is the connection's own account."""
        return self.account or self.house_account
