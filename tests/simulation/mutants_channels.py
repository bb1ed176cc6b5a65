"""Planted bugs between the facts and what channels show: derived, sent, read back, timed, paced."""

from tests.simulation.sabotage import Mutant, mutant

OUTAGE, CROSSING = "prices change during an outage", "snapshot crossing deltas"
MANY, STORM = "many prices while a shop is away", "order storm"
LONDON, NEW_YORK = "promotion at midnight in London", "promotion at midnight in New York"
BACK, ROOM = "there and back", "a plan with little room"
LEVELS = "levels there and back"
ONCE = "everything at once"
LATE = "there and back, and late"
DEATHS = "there and back among crashes"
CANCELLED, REFUNDS = "orders are cancelled", "refunds on the way"

PUBLISH, TARGETS = "shared.flows.publish:Publisher.", "shared.domain.targets:"
LEFT = "shared.domain.price_choice:Market.conditions"
DERIVE, PRICE = "shared.flows.derive:Deriver.", "shared.model.price:EffectiveWindow.holds"
SHOP = "shared.connectors.shopify."

CHANNELS: tuple[Mutant, ...] = (
    # sent
    mutant(
        "the value travels in the message",
        "What is sent is what was wished when the hint was written, however late it comes.",
        (OUTAGE, BACK),
        (
            DERIVE + "_round",
            "result.written += 1\n",
            (
                "from shared.ports import Message; result.written += 1; self.queues.send([Message("
                "keys.write_queue(put.key.pk.split('#')[0]), {'value': __import__('json').dumps("
                "dict(put.body))})])\n"
            ),
        ),
        (
            "functions.publish.channel:handler",
            'if "target" in body:',
            (
                "if 'value' in body:\n"
                "            from shared.flows.publish import Held\n"
                "            from shared.model.target import Target\n"
                "            told = Target.model_validate_json(body['value'])\n"
                "            p = publisher()\n"
                "            held = p._lines([Held(told, 0)])\n"
                "            ready = [x for x in held if x.links]\n"
                "            if told.facet is Facet.PRICE and ready:\n"
                "                p.channel_client.push(told.facet, ready)\n"
                "            return\n"
                '        if "target" in body:'
            ),
        ),
    ),
    mutant(
        "prices are not marked before they are sent",
        "After a crash nobody knows that a price was sent; one that returns is not sent again.",
        (DEATHS, BACK),
        (PUBLISH + "_marked", "if facet in self.guarded and", "if facet is Facet.PRICE or"),
    ),
    mutant(
        "an outcome overwrites a newer wish",
        "What was derived while a call was under way is lost.",
        (BACK, OUTAGE, CROSSING),
        (
            "shared.flows.outcomes:Outcomes.put_down",
            "target_put(new, held.rev, settle=self.settle)",
            (
                "target_put(new, next(iter(self.store.get([keys.target(new.channel, new.facet, "
                "new.key)]).values())).rev, settle=self.settle)"
            ),
        ),
    ),
    mutant(
        "an older answer counts for a newer wish",
        "A wish that came while an older one was under way counts as shown.",
        (OUTAGE, CROSSING),
        (
            TARGETS + "merged",
            (
                "state = TargetState.IN_DOUBT if new.state is TargetState.IN_DOUBT "
                "else TargetState.DIRTY"
            ),
            "state = TargetState.APPLIED",
        ),
    ),
    mutant(
        "a refusal is not told",
        "A line the channel refuses for good waits for nobody.",
        (MANY, OUTAGE),
        (PUBLISH + "_settle_all", "self.issues.report(refused)", "pass"),
    ),
    mutant(
        "outcomes by place instead of by article",
        "Answers in another order settle the wrong lines.",
        (MANY, OUTAGE),
        (
            SHOP + "prices:Prices._judged",
            "shown = {v.id: v for v in payload.product_variants or ()}",
            (
                "shown = {p.links['variant']: v for p, v in zip(group, payload.product_variants or "
                "())}"
            ),
        ),
    ),
    mutant(
        "what the channel did not mention counts as applied",
        "A line that was lost inside the channel is never sent again.",
        (MANY, OUTAGE),
        (
            SHOP + "prices:Prices._outcome",
            'return mapping.verdict(push.key, Verdict.UNKNOWN, "no_answer", "line not answered")',
            "return Outcome(key=push.key, verdict=Verdict.APPLIED)",
        ),
    ),
    mutant(
        "a price is shown in whole pounds",
        "The pennies of a price are rounded away on the way to the channel.",
        (OUTAGE,),
        (
            SHOP + "mapping:price_input",
            '"price": value.price.text()',
            "\"price\": f'{round(value.price.decimal())}.00'",
        ),
    ),
    # in doubt
    mutant(
        "a doubt is settled without reading back",
        "What may not have arrived counts as shown.",
        (OUTAGE, MANY),
        (
            PUBLISH + "_read_back",
            "shown = self.channel_client.shown(facet, self._lines(some))",
            "shown = {h.target.key: h.target.desired for h in some}",
        ),
    ),
    mutant(
        "a doubt is looked at at once",
        "A price is read back before a lost request has landed, and is believed.",
        (LATE,),
        (TARGETS + "due", "last.at + settle_after", "last.at"),
    ),
    mutant(
        "a level under way counts as shown",
        "A level that was sent and is wished back is not looked at.",
        (LEVELS, STORM),
        (
            TARGETS + "_state_after",
            "return TargetState.IN_DOUBT if may_show.get(old.state) else TargetState.APPLIED",
            "return TargetState.APPLIED",
        ),
    ),
    mutant(
        "a repair reuses the key of the first write",
        "The channel answers the repair from memory and changes nothing.",
        ("a level is set by hand",),
        (
            TARGETS + "seen",
            '"version": target.version if same else target.version + 1,',
            '"version": target.version,',
        ),
    ),
    # derived
    mutant(
        "an older fact overwrites a newer",
        "A reading that lingered is kept over one that was made after it.",
        (BACK, CROSSING),
        ("shared.flows.apply:_writes", "> card.as_of", "> card.as_of and False"),
    ),
    mutant(
        "derivation swallows its failures",
        "Facts that changed while something failed are never derived from.",
        (CROSSING, STORM),
        (
            DERIVE + "derive",
            "pending = self._round(pending, narrow, result)",
            (
                "try:\n            pending = self._round(pending, narrow, result)\n"
                "        except Exception:\n            pending = []"
            ),
        ),
    ),
    mutant(
        "derivation keeps a lost race",
        "A wish that was written in between is not derived over.",
        (ONCE, STORM),
        (DERIVE + "_round", "again[partition] = None", "pass"),
    ),
    # timed
    mutant(
        "a promotion does not end",
        "A promotional price stands after its window.",
        (LONDON, NEW_YORK),
        (PRICE, "(self.end is None or at < self.end)", "True"),
        (LEFT, "and (c.window.end is None or now < c.window.end)", ""),
    ),
    mutant(
        "a window holds a second too long",
        "Woken at the end of a promotion, it is derived once more and never again.",
        (LONDON, NEW_YORK),
        (PRICE, "at < self.end", "(at - self.end).total_seconds() < 1"),
        (LEFT, "now < c.window.end", "(now - c.window.end).total_seconds() < 1"),
    ),
    mutant(
        "nobody wakes a price whose time has come",
        "A promotion begins and ends when somebody happens to look.",
        (LONDON, NEW_YORK),
        ("shared.domain.pricing:_next_change", "return edge", "continue"),
    ),
    mutant(
        "the clock passes its lane by",
        "What is due by now is found and left as it is.",
        (LONDON, NEW_YORK),
        (
            "shared.flows.activation:PriceClock._touch",
            "if (at := _due(row)) is not None and at <= until",
            "if False",
        ),
    ),
    # owned and paced
    mutant(
        "the lease does not fence",
        "Several publishers drain one channel at once.",
        (OUTAGE, MANY, STORM),
        (
            "shared.flows.leases:Leases._owned",
            'return datetime.fromisoformat(str(row.body["until"])) > self._clock.now()',
            "return False",
        ),
    ),
    mutant(
        "the lease never ends",
        "An owner that died keeps the channel for ever.",
        (OUTAGE, STORM),
        (
            "shared.flows.leases:Leases._owned",
            'return datetime.fromisoformat(str(row.body["until"])) > self._clock.now()',
            "return True",
        ),
    ),
    mutant(
        "the vendor's rate is nobody's business",
        "Calls go out whatever the bucket holds.",
        (ROOM,),
        (
            "shared.flows.pacing:LeasedPacer._lease",
            "granted = self._granted(bucket, points)",
            "granted = points",
        ),
    ),
)
