"""Which articles the codes of a channel are, and which orders wait until theirs are known."""

from collections.abc import Iterable

from shared.domain import demand, orders
from shared.flows import keys
from shared.flows.issues import Issues
from shared.frozen import frozen
from shared.model.case import Case, CaseState
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.retailer import Channel, Retailer
from shared.ports import Delete, Put, Store, Write


def missing(case: Case) -> tuple[str, ...]:
    """Codes the case waits for: before the ERP has it all of them, then those of added lines."""
    if case.state is CaseState.HELD:
        return orders.unmapped(case.order)
    return orders.codes(demand.unmapped(case))


@frozen
class Codes:
    store: Store
    issues: Issues
    retailer: Retailer

    def skus(self, codes: Iterable[str], channel: Channel) -> dict[str, str]:
        """Code -> SKU of those known: an operator's mapping first, else the article so named."""
        owner = self.retailer.authority[Entity.PRODUCT]
        said = {code: keys.code(channel.connection, code) for code in codes}
        plain = {code: keys.item(code, owner) for code in said if "#" not in code}
        rows = self.store.get([*said.values(), *plain.values()])
        found = {}
        for code, key in said.items():
            mapping = rows.get(key)
            if mapping is not None:
                found[code] = str(mapping.body["sku"])
            elif plain.get(code) in rows:
                found[code] = code
        return found

    def wait(self, case: Case, channel: Channel) -> bool:
        """Make an order findable by the codes it waits for; whether one of them is known by now.

        Who names a code looks for those that wait: an order that was not to be found yet looks for
        the name itself, once it is.
        """
        order_id, lacking = case.order.order_id, set(missing(case))
        codes = {line.channel_sku for line in orders.lines_of(case) if line.channel_sku} | lacking
        rows = self.store.get(keys.waiting(code, order_id) for code in codes)
        new = [code for code in lacking if keys.waiting(code, order_id) not in rows]
        writes: list[Write] = [
            Put(keys.waiting(code, order_id), {"order_id": order_id, "code": code}, 0)
            for code in new
        ]
        writes += [
            Delete(row.key, row.rev) for row in rows.values() if row.body["code"] not in lacking
        ]
        if rows and not lacking:  # before the rows go, by which a repeat knows that it waited
            self.issues.solve(IssueKind.UNMAPPED_SKU, order_id, by="mapping")
        self.store.commit(writes)
        return bool(new and self.skus(new, channel))
