"""What a target says of its level: whether that stays, and from what it followed."""

from shared.domain.targets import Draft
from shared.model.ids import Facet
from shared.model.target import Basis, Target
from shared.ports import Row


def stays(row: Row, draft: Draft) -> bool:
    """Whether a level and all that is told beside it are what they were, so nothing is written.

    The row says so by itself, without being parsed: most of what is derived stays.
    """
    said = row.body
    return (
        draft.facet is Facet.STOCK
        and not (draft.terms or draft.guard or draft.next_change)
        and said["desired"] == draft.desired
        and said["group"] == draft.group
        and not (said["next_change"] or said.get("terms") or said.get("guard"))
        and said.get("basis") == (draft.basis and draft.basis.model_dump(mode="json"))
    )


def noted_basis(target: Target) -> Basis | None:
    """What its level follows from, where that is noted and its price may be shown."""
    unpriced = target.terms is not None and target.terms.unpriced
    return None if unpriced else target.basis
