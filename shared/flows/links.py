"""The channel's own ids of articles, remembered; what waited for them waits no longer."""

from collections.abc import Iterable, Mapping

from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.target_rows import target_put
from shared.frozen import frozen
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.model.target import Target, TargetState
from shared.ports import Put, Store


@frozen
class Links:
    connection: str
    store: Store
    retailer: Retailer

    def remember(self, found: Mapping[str, Mapping[str, str]]) -> bool:
        """Keep ids by product and SKU; whether something that waited for one is due now.

        What is known already is not written again.
        """
        wanted = {keys.link(self.connection, name): ids for name, ids in found.items()}
        known = self.store.get(wanted)
        writes = [
            Put(key, dict(ids), known[key].rev if key in known else 0)
            for key, ids in wanted.items()
            if key not in known or dict(known[key].body) != ids
        ]
        if not all(self.store.commit(writes)):
            raise RetryableError("links changed while they were being written")
        return self._wake(put.key.pk.split("#of#", 1)[1] for put in writes if put.expected == 0)

    def _wake(self, names: Iterable[str]) -> bool:
        """Prices and stock that waited for these articles to be listed need wait no longer."""
        channels = self.retailer.channels_of(self.connection)
        rows = self.store.get(
            [
                keys.target(channel.name, facet, name)
                for name in names
                for channel in channels
                for facet in (Facet.PRICE, Facet.STOCK)
            ]
        )
        settle = self.retailer.connection(self.connection).settle
        woken = []
        for row in rows.values():
            target = Target.model_validate(row.body)
            if _waits(target):
                fresh = target.model_copy(update={"attempts": (), "state": TargetState.DIRTY})
                woken.append(target_put(fresh, row.rev, settle=settle))
        return any(self.store.commit(woken))


def _waits(target: Target) -> bool:
    if target.state is TargetState.WITHHELD:
        return target.published is None
    return target.state is TargetState.DIRTY and bool(target.attempts)


def merged(found: Iterable[Mapping[str, Mapping[str, str]]]) -> dict[str, Mapping[str, str]]:
    """What several lines were answered, as one."""
    return {name: ids for links in found for name, ids in links.items()}
