"""What is answered to who sends prices and movements, line by line; and movements as EPCIS 2.0."""

from decimal import Decimal
from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import WithJsonSchema

from shared.model.base import Instant
from shared.model.ids import Name, Sku
from shared.model.steps import Step


class RefusedLine(TypedDict):
    """What is wrong with a line: which field and value, why, and what to do."""

    line: int
    status: Literal["refused"]
    field: str | None
    value: str
    why: str
    remedy: str | None


class KeptCondition(TypedDict):
    line: int
    status: Literal["accepted", "held"]
    sku: Sku
    condition_id: str


class ConditionsAnswered(TypedDict):
    """`held` is the file that the call became, if its prices wait for approval."""

    connection: Name
    as_of: Instant
    accepted: int
    refused: int
    held: NotRequired[str]
    reasons: NotRequired[tuple[Step, ...]]
    lines: tuple[KeptCondition | RefusedLine, ...]


class KeptEntry(TypedDict):
    """A movement or count; one in which nothing moves has no article."""

    line: int
    status: str
    sku: NotRequired[Sku]
    movement_id: NotRequired[str]


class EntriesAnswered(TypedDict):
    connection: Name
    as_of: Instant
    accepted: int
    refused: int
    lines: tuple[RefusedLine | KeptEntry, ...]


class EpcisPlace(TypedDict):
    id: str


class EpcisQuantity(TypedDict):
    epcClass: str
    quantity: Annotated[Decimal, WithJsonSchema({"type": "number"})]
    uom: NotRequired[str]


class EpcisSource(TypedDict):
    type: str
    source: str


class EpcisDestination(TypedDict):
    type: str
    destination: str


class EpcisTransaction(TypedDict):
    type: str
    bizTransaction: str


class EpcisPersistent(TypedDict):
    set: NotRequired[tuple[str, ...]]
    unset: NotRequired[tuple[str, ...]]


class EpcisEvent(TypedDict):
    """One ObjectEvent: a movement, or a count as an observation."""

    type: Literal["ObjectEvent"]
    eventID: str
    eventTime: Instant
    eventTimeZoneOffset: str
    recordTime: Instant
    action: Literal["ADD", "OBSERVE", "DELETE"]
    bizStep: str
    disposition: NotRequired[str]
    quantityList: tuple[EpcisQuantity, ...]
    readPoint: EpcisPlace
    bizLocation: NotRequired[EpcisPlace]
    sourceList: NotRequired[tuple[EpcisSource, ...]]
    destinationList: NotRequired[tuple[EpcisDestination, ...]]
    bizTransactionList: NotRequired[tuple[EpcisTransaction, ...]]
    persistentDisposition: NotRequired[EpcisPersistent]


class EpcisEvents(TypedDict):
    eventList: tuple[EpcisEvent, ...]


class EpcisResults(TypedDict):
    queryName: str
    resultsBody: EpcisEvents


class EpcisBody(TypedDict):
    queryResults: EpcisResults


EpcisDocument = TypedDict(
    "EpcisDocument",
    {
        "@context": tuple[str, ...],
        "type": Literal["EPCISQueryDocument"],
        "schemaVersion": str,
        "creationDate": Instant,
        "epcisBody": EpcisBody,
    },
)
"""The answer to a query for events, as EPCIS 2.0 writes it."""
