"""What stands along the way to a value: the steps that led to it, and what a person said of it."""

from enum import StrEnum

from shared.model.base import part


@part
class Step:
    """One link of the chain from fact to value: which rule, over what, giving what."""

    rule: str
    detail: str


class Decision(StrEnum):
    """What a person said of a price that was held."""

    APPROVED = "approved"
    REJECTED = "rejected"
