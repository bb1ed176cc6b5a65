"""Which returns the ERP made are to be opened in the channel too."""

from shared.domain import orders, returns
from shared.model.case import Case, Intent, IntentKind
from shared.model.returns import Return, ReturnStatus


def opens(intent: Intent) -> bool:
    return intent.kind is IntentKind.OPEN_RETURN


def planned(case: Case, connection: str) -> Case:
    """The case with what its channel is to be told of, each once."""
    for one in case.returns:
        intent_id = f"{IntentKind.OPEN_RETURN}#{one.return_id}"
        if case.intent(intent_id) is None and due(case, one):
            intent = Intent(
                intent_id=intent_id,
                kind=IntentKind.OPEN_RETURN,
                connection=connection,
                reference=one.return_id,
            )
            case = orders.with_intent(case, intent)
    return case


def due(case: Case, one: Return) -> bool:
    """Made in the ERP, not taken back, and nothing of it is known in the channel."""
    made = one.worth is not None and one.status is ReturnStatus.OPEN and bool(one.lines)
    return made and not one.called and one.return_id not in returns.refunded(case)
