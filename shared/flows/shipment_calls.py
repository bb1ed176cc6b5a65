"""Shipments that are posted: understood, and answered the same when they come again."""

from typing import Final

from pydantic import ValidationError

from shared.errors import RejectedError
from shared.flows.calls import NOT_THE_OWNER, Answer, Calls, checked, checked_text, malformed
from shared.flows.reported import ReportedShipments
from shared.frozen import frozen
from shared.kit.records.jsons import row_of
from shared.model.shipment_call import ShipmentCall

_SHAPE: Final = "send one object as GET /v1/openapi.json describes it under ShipmentCall"


@frozen
class ShipmentCalls:
    reported: ReportedShipments

    def take(self, said: object, *, caller: str, key: str) -> Answer:
        """What became of a shipment; RejectedError, with a code of ours, if it is none.

        Its own id and version are enough to know a repeat by. With a `key` of its caller's, the
        first answer is given again, also where more has become of it since.
        """
        if key:
            checked(key)
        call = understood(said)
        sources = [one.name for one in self.reported.retailer.sources]
        if call.source not in sources:
            raise RejectedError(
                f"{call.source} is no source",
                code=NOT_THE_OWNER,
                field="source",
                value=call.source,
                remedy=f"send it as one of {', '.join(sources) or 'none'}, or name it under "
                "[[sources]] in the retailer's file",
            )

        def taken(_: object) -> Answer:
            return self.reported.take(call).model_dump(mode="json")

        if not key:
            return taken(None)
        calls = Calls(self.reported.store, self.reported.clock)
        return calls.once(said, caller=caller, key=key, apply=taken)


def understood(said: object) -> ShipmentCall:
    """RejectedError names the first field that is not as it is asked for."""
    checked_text(said)
    row = row_of(said)
    if isinstance(row, RejectedError) or row is None:
        raise malformed("body", "", "the body is no JSON object", _SHAPE)
    try:
        return ShipmentCall.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        value = first["input"]
        shown = value[:100] if isinstance(value, str) else type(value).__name__
        raise malformed(field, shown, first["msg"], _SHAPE) from error
