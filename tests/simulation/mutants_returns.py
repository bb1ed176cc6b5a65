"""Planted bugs on the way of goods that come back."""

from tests.simulation.sabotage import Mutant, mutant

SENT = "goods are sent back"
THERE = "a return of the ERP is opened in the shop"
TAKEN_IN = "a depot takes in what is sent back"
MOVED = "shared.flows.returns_moved:ReturnsMoved."
DOMAIN = "shared.domain.returns:"

RETURNS: tuple[Mutant, ...] = (
    mutant(
        "units are added over those who tell of them",
        "A unit the shop restocked and the ERP received counts as two.",
        (SENT,),
        (DOMAIN + "received", "most |= counted", "most += counted"),
    ),
    mutant(
        "a refund of a return credits its goods again",
        "A return in the ERP and the refund of it are two documents that both take units back.",
        (SENT,),
        (
            "shared.flows.credits:Crediting._wish",
            "refund.return_id is None and ",
            "",
        ),
    ),
    mutant(
        "the ERP is not asked what it made by itself",
        "A unit taken back in the ERP is credited a second time by the refund of the shop.",
        (SENT,),
        ("shared.flows.credits:Crediting._looked", "name != returns.own(case, refund)", "True"),
    ),
    mutant(
        "a request is asked of the ERP before it is granted",
        "A return the shop then declines is expected by the warehouse.",
        (SENT,),
        ("shared.flows.cases:unasked", "one.status in returns.GRANTED", "True"),
    ),
    mutant(
        "what came broken may be sold",
        "Blocked stock counts as available.",
        (SENT,),
        ("shared.connectors.sap.mapping:_position", "blocked=blocked,", ""),
    ),
    mutant(
        "what came under a return nobody knows is let go",
        "A parcel that comes before the shop's word of its return is never on the order.",
        (TAKEN_IN,),
        (
            MOVED + "_keep",
            "if self.store.commit([self._put(kept, row.rev if row else 0)])[0] or again:",
            "if True:",
        ),
    ),
    mutant(
        "what was counted before is of no return",
        "A crash between the books and the order leaves the units on none.",
        (TAKEN_IN,),
        (
            "shared.flows.ledger:counted",
            "if not isinstance(result, RejectedError) and result != Verdict.DOUBTED:",
            'if result == "counted":',
        ),
    ),
    mutant(
        "what is sorted has come a second time",
        "A unit that was looked at and put back on sale counts as two.",
        (TAKEN_IN,),
        (
            "shared.domain.return_moves:_came",
            "if move.was is None",
            "if True",
        ),
    ),
    mutant(
        "the echo of a return that was opened is another return",
        "The ERP is asked for a return that it has made itself.",
        (THERE,),
        (
            DOMAIN + "told",
            "if said.names is not None and (made := known.get(said.names)) is not None:",
            "if False:",
        ),
        ("shared.flows.cases:unasked", "and one.names is None", ""),
    ),
    mutant(
        "what the ERP took back is not opened in the shop",
        "The shop never hears of a return that staff made in the ERP.",
        (THERE,),
        ("shared.domain.opening:due", "made and not one.called", "False"),
    ),
)
