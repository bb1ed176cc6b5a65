"""What is wrong with one column of a price, for rows and for what is refused later."""

from shared.domain.columns import Columns
from shared.errors import RejectedError
from shared.model.price_columns import COLUMNS


def refusal(field: str, value: object, problem: str) -> RejectedError:
    """What is wrong with one column, and what to write there."""
    return Columns(COLUMNS).refusal(field, value, problem)
