"""Planted bugs: each is a line of the deployed code, put another way, that must not go unnoticed.

They are the proof that a green simulation means something. A mutant names a function, a piece of
its source that occurs there once, and what stands there instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from inspect import getsource
from textwrap import dedent
from types import FunctionType
from typing import Any

STORM, LAST, SLOW = "order storm", "last unit on two channels", "slow ERP with few slots"
OUTAGE, CROSSING = "prices change during an outage", "snapshot crossing deltas"
CODE, POISON, REFUNDS = (
    "unknown code becomes known",
    "poison among the orders",
    "refunds on the way",
)
REPLAY, CANCELLED = "the day is replayed", "orders are cancelled"
MANY, AWAY = "many prices while a shop is away", "orders while the ERP is away"
DEAF, LONDON = "no webhook gets through", "promotion at midnight in London"


class StaleError(Exception):
    """The code has changed and the mutant no longer fits it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`where` is `module:Class.function`; `scenarios` are where it is hunted."""

    name: str
    where: str
    old: str
    new: str
    scenarios: tuple[str, ...]

    def function(self) -> FunctionType:
        module, _, path = self.where.partition(":")
        found: Any = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
        found = getattr(found, "__wrapped__", found)
        assert isinstance(found, FunctionType)
        return found

    @contextmanager
    def planted(self) -> Iterator[None]:
        """While this lasts, the function does the other thing."""
        function = self.function()
        code = function.__code__
        function.__code__ = self._made(function).__code__
        try:
            yield
        finally:
            function.__code__ = code

    def _made(self, function: FunctionType) -> FunctionType:
        source = dedent(getsource(function))
        if source.count(self.old) != 1:
            raise StaleError(f"{self.name}: {self.old!r} occurs {source.count(self.old)} times")
        lines = source.replace(self.old, self.new).splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("def "))
        names: dict[str, Any] = dict(function.__globals__)
        exec("\n".join(lines[first:]), names)  # noqa: S102 - our own source, one piece changed
        made = names[function.__name__]
        assert isinstance(made, FunctionType)
        return made


SEND, PUBLISH, CAPTURE = "shared.flows.send:", "shared.flows.publish:", "shared.flows.capture:"
TARGETS, READ, LEASES = "shared.domain.targets:", "shared.flows.read:", "shared.flows.leases:"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "no lookup before a second POST",
        SEND + "Sender._ask",
        "posted = self.erp.find_order(found.case.order, intent.reference)",
        "posted = []",
        (SLOW, STORM),
    ),
    Mutant(
        "no waiting for a lost request to land",
        SEND + "Sender._ask",
        "if now < safe_at:",
        "if False:",
        (SLOW, STORM),
    ),
    Mutant(
        "in doubt counts as unsent",
        SEND + "Sender._post",
        "self._doubt(row, sent, str(error))",
        "self._unsent(row, sent, str(error))",
        (SLOW, STORM),
    ),
    Mutant(
        "the intent is not recorded before the POST",
        SEND + "Sender._post",
        "if not self.cases.commit(case, found.rev, due=now + self.settle):",
        "if False:",
        (SLOW, STORM),
    ),
    Mutant(
        "an order held for a code is not told of",
        CAPTURE + "Capture._problems",
        "if codes:",
        "if False:",
        (CODE,),
    ),
    Mutant(
        "an order is not held for an unknown code",
        CAPTURE + "Capture._judged",
        "if orders.unmapped(known):",
        "if False:",
        (CODE,),
    ),
    Mutant(
        "totals are not compared",
        CAPTURE + "Capture._judged",
        "if orders.check_totals(known, tolerance_minor=channel.tolerance_minor):",
        "if False:",
        (POISON,),
    ),
    Mutant(
        "the released order is not sent on",
        CAPTURE + "Capture._wait",
        "for code in missing",
        "for code in ()",
        (CODE,),
    ),
    Mutant(
        "nothing is held at capture",
        CAPTURE + "Capture._follow",
        "self.cases.sync_holds(order_id)",
        "pass",
        (STORM, LAST),
    ),
    Mutant(
        "a restocked unit is left on sale",
        CAPTURE + "Capture._look_again",
        "if refunded or",
        "if False and",
        (CANCELLED, REFUNDS),
    ),
    Mutant(
        "holds outlive the shipment",
        "shared.flows.shipments:Shipments.record",
        "self.cases.sync_holds(order_id)",
        "pass",
        (STORM, SLOW),
    ),
    Mutant(
        "a shipment frees all of its order",
        "shared.domain.orders:holds",
        "left = ordered.quantity - gone[ordered.line_id]",
        "left = 0 if gone[ordered.line_id] else ordered.quantity",
        (STORM,),
    ),
    Mutant(
        "a hold is released twice",
        "shared.domain.orders:holds",
        "left = ordered.quantity - gone[ordered.line_id]",
        "left = ordered.quantity - 2 * gone[ordered.line_id]",
        (STORM,),
    ),
    Mutant(
        "holds are not taken off",
        "shared.domain.availability:available",
        "held = holds.at(location) if holds else 0",
        "held = 0",
        (STORM, LAST),
    ),
    Mutant(
        "a shipment does not wait for the acceptance",
        "shared.flows.shipments:Shipments.record",
        "if found is not None and found.case.erp_order is None:",
        "if False:",
        (STORM, SLOW),
    ),
    Mutant(
        "a shipment is kept twice",
        "shared.flows.shipments:Shipments._shipped",
        "if any(s.shipment_id == shipment.shipment_id for s in case.shipments):",
        "if False:",
        (STORM, REPLAY),
    ),
    Mutant(
        "prices are not marked before they are sent",
        PUBLISH + "Publisher._marked",
        "if facet in self.guarded:",
        "if True:",
        (OUTAGE, MANY),
    ),
    Mutant(
        "a doubt is settled without reading back",
        PUBLISH + "Publisher._read_back",
        "shown = self.channel_client.shown(facet, self._pushes(facet, some))",
        "shown = {h.target.key: h.target.desired for h in some}",
        (OUTAGE, MANY),
    ),
    Mutant(
        "what the channel did not mention counts as applied",
        PUBLISH + "Publisher._settle_all",
        "verdict=Verdict.UNKNOWN,",
        "verdict=Verdict.APPLIED,",
        (MANY, OUTAGE),
    ),
    Mutant(
        "an older answer counts for a newer wish",
        "shared.domain.targets:merged",
        "state = TargetState.IN_DOUBT if new.state is TargetState.IN_DOUBT else TargetState.DIRTY",
        "state = TargetState.APPLIED",
        (OUTAGE, CROSSING),
    ),
    Mutant(
        "a refusal is not told",
        PUBLISH + "Publisher._settle_all",
        "self.issues.report(refused)",
        "pass",
        (MANY, OUTAGE),
    ),
    Mutant(
        "a level under way counts as shown",
        TARGETS + "_state_after",
        "return TargetState.IN_DOUBT if under_way else TargetState.APPLIED",
        "return TargetState.APPLIED",
        (STORM, CROSSING),
    ),
    Mutant(
        "a doubt is looked at at once",
        TARGETS + "due",
        "last.at + settle_after",
        "last.at",
        (OUTAGE, MANY, SLOW),
    ),
    Mutant(
        "a repair reuses the key of the first write",
        TARGETS + "seen",
        '"version": target.version if same else target.version + 1,',
        '"version": target.version,',
        (CANCELLED, REFUNDS, CROSSING),
    ),
    Mutant(
        "outcomes by place instead of by article",
        "shared.connectors.shopify.prices:Prices._send",
        "shown = {v.id: v for v in payload.product_variants or ()}",
        "shown = {p.links['variant']: v for p, v in zip(group, payload.product_variants or ())}",
        (MANY, OUTAGE),
    ),
    Mutant(
        "the cursor moves past a failed page",
        READ + "Reader._poll",
        "page = self._page(entity, run)",
        "try:\n            page = self._page(entity, run)\n        except Exception:\n"
        "            page = None",
        (DEAF, STORM),
    ),
    Mutant(
        "a poll does not look back",
        READ + "Reader._begun",
        'since = _at(body["done"]) - overlap if body.get("done") else None',
        'since = now if body.get("done") else None',
        (DEAF, STORM),
    ),
    Mutant(
        "an older fact overwrites a newer",
        "shared.flows.apply:_writes",
        "> card.as_of",
        "> card.as_of and False",
        (CROSSING, OUTAGE),
    ),
    Mutant(
        "a delivery is handled before its messages are sent",
        "shared.flows.intake:Normalizer._one",
        "self.queues.send([_message(connection, reading) for reading in readings])",
        "self._done(row, HANDLED, name); "
        "self.queues.send([_message(connection, reading) for reading in readings])",
        (STORM, CROSSING),
    ),
    Mutant(
        "a bad delivery is put aside without a word",
        "shared.flows.intake:Normalizer._one",
        "self.issues.report([_bad(connection, delivery, error)])",
        "pass",
        (POISON,),
    ),
    Mutant(
        "failed messages count as done",
        "functions.runtime:each_message",
        'return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}',
        'return {"batchItemFailures": []}',
        (STORM, CROSSING),
    ),
    Mutant(
        "dead letters are dropped",
        "functions.ops.dead_letters:handler",
        "bootstrap.issues().report([problem])",
        "pass",
        (STORM, MANY, AWAY),
    ),
    Mutant(
        "derivation swallows its failures",
        "shared.flows.derive:Deriver.derive",
        "pending = self._round(pending, result)",
        "try:\n            pending = self._round(pending, result)\n        except Exception:\n"
        "            pending = []",
        (CROSSING, STORM),
    ),
    Mutant(
        "derivation keeps a lost race",
        "shared.flows.derive:Deriver._round",
        "again[partition] = None",
        "pass",
        (CROSSING, STORM, OUTAGE),
    ),
    Mutant(
        "the lease does not fence",
        LEASES + "Leases._owned",
        'return datetime.fromisoformat(str(row.body["until"])) > self._clock.now()',
        "return False",
        (OUTAGE, MANY, STORM),
    ),
    Mutant(
        "the lease never ends",
        LEASES + "Leases._owned",
        'return datetime.fromisoformat(str(row.body["until"])) > self._clock.now()',
        "return True",
        (OUTAGE, STORM),
    ),
    Mutant(
        "the sweep passes the targets by",
        "shared.flows.recovery:Sweep.run",
        "*self._targets(), ",
        "",
        (OUTAGE, STORM, CROSSING),
    ),
    Mutant(
        "the sweep passes the orders by",
        "shared.flows.recovery:Sweep.run",
        ", *self._cases()",
        "",
        (STORM, SLOW, AWAY),
    ),
    Mutant(
        "the vendor's rate is nobody's business",
        "shared.flows.pacing:LeasedPacer._lease",
        "granted = min(wanted, max(bucket.level, 0) // MILLI)",
        "granted = wanted",
        (MANY,),
    ),
    Mutant(
        "a promotion does not end",
        "shared.model.price:EffectiveWindow.holds",
        "(self.end is None or at < self.end)",
        "True",
        (LONDON,),
    ),
    Mutant(
        "a window's end belongs to it",
        "shared.model.price:EffectiveWindow.holds",
        "at < self.end",
        "at <= self.end",
        (LONDON,),
    ),
    Mutant(
        "nobody wakes a price whose time has come",
        "shared.domain.pricing:_next_change",
        "edge is not None and edge > now",
        "False",
        (LONDON,),
    ),
    Mutant(
        "a secret is logged",
        "functions.orders.send:sender",
        "name = bootstrap.environment().connection",
        "name = bootstrap.environment().connection; "
        "bootstrap.logger.info('sending', pacer=str(bootstrap.connector(name)._gateway._signer."
        "_credentials._auth))",
        (STORM,),
    ),
    Mutant(
        "the shopper is named in an exception",
        CAPTURE + "Capture._problems",
        'value=", ".join(codes)[:200]',
        'value=", ".join(codes)[:100] + str(order.customer)',
        (CODE,),
    ),
)
