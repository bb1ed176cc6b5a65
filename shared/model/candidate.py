"""An article that may be meant by a code nobody knows."""

from shared.model.base import Canonical
from shared.model.ids import Sku


class Candidate(Canonical):
    """The best one of a code stands first; `reason` is why it may be meant."""

    code: str
    sku: Sku
    reason: str
