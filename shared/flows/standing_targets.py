"""What the row of a target says by itself, without being parsed: most of what is derived stays."""

from shared.domain.targets import Draft
from shared.model.ids import Facet
from shared.ports import Row


def stays(row: Row, draft: Draft) -> bool:
    """Whether a level and all that is told beside it are what they were, so nothing is written."""
    said = row.body
    return (
        draft.facet is Facet.STOCK
        and not (draft.terms or draft.guard or draft.next_change)
        and said["desired"] == draft.desired
        and said["group"] == draft.group
        and not (said["next_change"] or said.get("terms") or said.get("guard"))
        and said.get("basis") == (draft.basis and draft.basis.model_dump(mode="json"))
    )


def noting(row: Row) -> bool:
    """Whether it notes what its level follows from: a basis, and a price that may be shown."""
    match row.body:
        case {"terms": {"unpriced": str()}}:
            return False
        case {"basis": {}}:
            return True
        case _:
            return False
