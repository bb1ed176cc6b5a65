"""Shipments that are posted: understood, and answered the same when they come again."""

from shared.errors import RejectedError
from shared.flows.calls import NOT_THE_OWNER, Answer, Calls, checked, understood
from shared.flows.reported import ReportedShipments
from shared.frozen import frozen
from shared.model.shipment_call import ShipmentCall


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
        call = understood(said, ShipmentCall)
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
