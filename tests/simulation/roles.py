"""What the role of each function lets it do to which table, as the ledger of the template has it.

A role that allows too little shows in an account alone, where the call is refused; so the simulated
store refuses it as well, and that is a bug of the code.
"""

from functools import cache
from typing import Final

from tests.infra.ledger import DELETE, LEDGER, LOOK, NOTICES, NOTIFIED, READ, WRITE, Actions

VERBS: Final[dict[str, Actions]] = {"read": READ, "look": LOOK, "write": WRITE, "delete": DELETE}

EVERY: Final = LEDGER | NOTICES | NOTIFIED


class DeniedError(AssertionError):
    """A function did what its role does not allow."""


@cache
def may(function: str, verb: str, place: str) -> bool:
    """Whether a function may do this to a table, or look through the lanes of one."""
    return VERBS[verb] <= EVERY[_row(function)].get(place, frozenset())


def _row(function: str) -> str:
    """The functions of a further channel have the roles of the first."""
    if function in EVERY:
        return function
    return f"shop-{function.rsplit('-', 1)[-1]}"
