"""Orders that wait for stock: which they are, and what is said of them."""

from collections.abc import Iterator, Sequence

from shared.domain import orders
from shared.domain.held import Held
from shared.model.case import Case, CaseState, HoldReason

REMEDY = (
    "wait: it goes on by itself when there is enough; or replay to send it all the same, or cancel "
    "it in the channel"
)


def given_from(location: str | None, places: Sequence[str]) -> tuple[str, ...]:
    """Where units of a line may come from: its own location is one of them, wherever it lies."""
    return tuple(dict.fromkeys((*places, location or places[0])))


def waits(case: Case) -> bool:
    """Whether it is held because too little is left."""
    return case.state is CaseState.HELD and HoldReason.STOCK in case.holds


def unchecked(case: Case) -> bool:
    """Whether its units are yet to be held, before anybody can say whether they are there."""
    return waits(case) and not case.short


def told(case: Case, places: Sequence[str]) -> Iterator[Held]:
    """The reason as a person reads it: article, location, and how many are missing."""
    if not waits(case) or not case.short:
        return
    lines = {line.line_id: line for line in orders.lines_of(case)}
    said = [
        f"{units} of {lines[line_id].quantity} {lines[line_id].sku} at "
        f"{', '.join(given_from(lines[line_id].location, places))}"
        for line_id, units in case.short.items()
        if line_id in lines
    ]
    yield Held(HoldReason.STOCK, "quantity", f"short of {', '.join(said)}", REMEDY)
