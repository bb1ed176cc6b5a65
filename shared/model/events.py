"""Business events: the news a retailer's own systems may want, with versioned schemas.

Functions import those they tell; this is all of them, for whoever describes or reads any.
"""

from typing import Annotated

from pydantic import Field

from shared.model.channel_events import (
    FeedApproved,
    FeedRejected,
    PriceApproved,
    PriceRejected,
    ReconciliationFinding,
)
from shared.model.erp_events import (
    CreditMemoPosted,
    InvoicePosted,
    OrderAccepted,
    OrderPromised,
    RefundCredited,
)
from shared.model.event import IssueRaised, IssueSolved
from shared.model.order_events import (
    CancellationTooLate,
    OrderCancelled,
    OrderHeld,
    OrderRefunded,
    OrderReleased,
    OrderShipped,
)
from shared.model.return_events import ReturnAuthorised, ReturnReceived

BusinessEvent = Annotated[
    OrderAccepted
    | OrderHeld
    | OrderReleased
    | OrderCancelled
    | CancellationTooLate
    | OrderShipped
    | OrderRefunded
    | RefundCredited
    | InvoicePosted
    | CreditMemoPosted
    | OrderPromised
    | ReturnAuthorised
    | ReturnReceived
    | IssueRaised
    | IssueSolved
    | ReconciliationFinding
    | PriceApproved
    | PriceRejected
    | FeedApproved
    | FeedRejected,
    Field(discriminator="type"),
]

ALL = (
    OrderAccepted,
    OrderHeld,
    OrderReleased,
    OrderCancelled,
    CancellationTooLate,
    OrderShipped,
    OrderRefunded,
    RefundCredited,
    InvoicePosted,
    CreditMemoPosted,
    OrderPromised,
    ReturnAuthorised,
    ReturnReceived,
    IssueRaised,
    IssueSolved,
    ReconciliationFinding,
    PriceApproved,
    PriceRejected,
    FeedApproved,
    FeedRejected,
)
