"""Planted bugs in what carries the rest: doors, queues, cursors, sweeps, dead letters, replays."""

from tests.simulation.sabotage import Mutant, mutant

STORM, CROSSING = "order storm", "snapshot crossing deltas"
OUTAGE, MANY = "prices change during an outage", "many prices while a shop is away"
AWAY, DEAF = "orders while the ERP is away", "no webhook gets through"
SLOW, POISON = "slow ERP with few slots", "poison among the orders"
GHOST, REPLAY, CANCELLED = "an order nobody has", "the day is replayed", "orders are cancelled"

READ, SWEEP = "shared.flows.read:Reader.", "shared.flows.recovery:Sweep."

MESSAGES: tuple[Mutant, ...] = (
    mutant(
        "the door answers before it has kept",
        "A delivery that could not be kept is acknowledged and gone.",
        (STORM, CROSSING),
        (
            "functions.ingest.webhook:handler",
            (
                "new = inbox().keep(connection, door.delivery_id(headers, body), headers, body, "
                "now=now)"
            ),
            (
                "new = True\n    try:\n        inbox().keep(connection, door.delivery_id(headers, "
                "body), headers, body, now=now)\n    except Exception:\n        pass"
            ),
        ),
    ),
    mutant(
        "a delivery is handled before its messages are sent",
        "Whoever dies in between leaves a delivery nobody will look at again.",
        (STORM, CROSSING),
        (
            "shared.flows.intake:Normalizer._one",
            "self.queues.send([_message(connection, reading) for reading in readings])",
            (
                "self._done(row, HANDLED, name); "
                "self.queues.send([_message(connection, reading) for reading in readings])"
            ),
        ),
    ),
    mutant(
        "a bad delivery is put aside without a word",
        "Nobody learns of a delivery that cannot be understood.",
        (POISON,),
        (
            "shared.flows.intake:Normalizer._one",
            "self.issues.report([_bad(connection, delivery, error)])",
            "pass",
        ),
    ),
    mutant(
        "failed messages count as done",
        "A message that can never be handled vanishes.",
        (GHOST,),
        (
            "functions.runtime:each_message",
            'return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}',
            'return {"batchItemFailures": []}',
        ),
    ),
    mutant(
        "dead letters are dropped",
        "What failed every try is thrown away.",
        (GHOST, STORM),
        ("functions.ops.dead_letters:handler", "bootstrap.issues().report([problem])", "pass"),
    ),
    mutant(
        "the cursor moves past a failed page",
        "What was on the page is never read again.",
        (DEAF, STORM),
        (
            READ + "_poll",
            "page = self._page(entity, run)",
            (
                "try:\n            page = self._page(entity, run)\n        except Exception:\n"
                "            page = None"
            ),
        ),
    ),
    mutant(
        "a poll does not look back",
        "What changed while the last poll ran falls between two of them.",
        (STORM, DEAF),
        (
            READ + "_begun",
            "_at(done) - overlap if done else None",
            "now if done else None",
        ),
    ),
    mutant(
        "the sweep passes the targets by",
        "A lost hint is lost for good.",
        (OUTAGE, STORM, CROSSING),
        (SWEEP + "run", "*self._targets(), ", ""),
    ),
    mutant(
        "the sweep passes the orders by",
        "An order whose message was lost is never sent.",
        (STORM, SLOW, AWAY),
        (SWEEP + "run", ", *self._cases()", ""),
    ),
    mutant(
        "the sweep wakes no drainer",
        "What waits for an ERP that was away is never sent.",
        (AWAY,),
        (
            SWEEP + "run",
            "messages += Drainers(self.store, self.clock, self.retailer).woken(erp)",
            "pass",
        ),
    ),
    mutant(
        "the last one to come goes last",
        "What has to leave today waits behind all that came before it.",
        (AWAY,),
        (
            "shared.flows.cases:Cases.rest",
            "due = urgency(case.newest, self.retailer.order_rules)",
            "due = self.clock.now()",
        ),
    ),
    mutant(
        "what a drainer took is in no lane",
        "An order that was taken by a drainer who died is never sent.",
        (AWAY,),
        (
            "shared.flows.drain:Drain._claimed",
            "self.cases.put(x.case, x.rev, due=due)",
            "self.cases.put(x.case, x.rev)._replace(lane=None, due=None)",
        ),
    ),
    mutant(
        "a replay writes again",
        "What is known already is written, wished and sent once more.",
        (REPLAY,),
        (
            "shared.flows.apply:_same",
            "return {**row.body, **when} == {**said, **when}",
            "return False",
        ),
        (
            "shared.domain.targets:desire",
            "if old.desired == draft.desired and old.group == draft.group",
            "if False",
        ),
    ),
)
