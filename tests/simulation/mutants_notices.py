"""Planted bugs of mails to customers."""

from tests.simulation.sabotage import Mutant, mutant

AGAIN = """row = known.get(keys.notice(one.order_id, one.mark))
        if row is not None:
            said = NoticeRow.model_validate(row.body)
            if said.state is NoticeState.SENDING:
                self._mail(one, said, row.rev)"""

NOTICES: tuple[Mutant, ...] = (
    mutant(
        "a mail that may be out is mailed again",
        "A function dies after SES took a mail; the stream delivers again, and so does SES.",
        ("customers are mailed",),
        (
            "shared.flows.notices:Notices.give",
            "if keys.notice(one.order_id, one.mark) in known:",
            AGAIN,
        ),
    ),
)
