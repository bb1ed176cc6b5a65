"""Planted bugs in who may call a vendor, and when nobody may."""

from tests.simulation.sabotage import Mutant, mutant

DOWN, BUSY = ("a shop that is down is left alone",), ("vendors are busy",)
SLOTS = ("an ERP that counts its slots",)
BREAKER = "shared.flows.breaker:"

PACING: tuple[Mutant, ...] = (
    mutant(
        "a circuit never opens",
        "A vendor that is down is called by everybody, all the time.",
        DOWN,
        (BREAKER + "Circuit.failed", "failures < FAILURES and not self.open", "True"),
    ),
    mutant(
        "a failed try does not lengthen the time",
        "A vendor that stays down is tried every quarter of a minute.",
        DOWN,
        (BREAKER + "Circuit.failed", "2 ** min(self.trips, 10)", "1"),
    ),
    mutant(
        "a success does not end the exception",
        "People are told of an outage that is over.",
        DOWN,
        (
            BREAKER + "Breaker.succeeded",
            "self._issues.solve(IssueKind.CIRCUIT_OPEN, self._connection, by=by)",
            "pass",
        ),
    ),
    mutant(
        "to be throttled counts as a failure",
        "A vendor that works is left alone because it is busy.",
        BUSY,
        (
            "shared.kit.guard:Guarded.handle_request",
            "self._listener.throttled()",
            'self._listener.failed("429")',
        ),
    ),
    mutant(
        "slots are not counted",
        "The ERP refuses calls, because reading and writing do not know of each other.",
        SLOTS,
        ("shared.flows.slots:Slots.hold", "if not taken(rows.get(key), now)]", "if True]"),
    ),
    mutant(
        "a slot is never given back",
        "Functions that have ended keep others from calling.",
        SLOTS,
        ("shared.flows.slots:Slots.release", "if self._mine is None:", "if True:"),
    ),
)
