"""Targets as lines a connector can send or look up: with the channel's own ids."""

from collections.abc import Sequence

from shared.flows import keys
from shared.model.target import Push, Target
from shared.ports import Key, Row, Store


def as_pushes(store: Store, connection: str, targets: Sequence[Target]) -> list[Push]:
    """One line for each, in order; one the channel does not list yet has no links."""
    links = store.get(keys.link(connection, target.key) for target in targets)
    return [_push(connection, target, links) for target in targets]


def _push(connection: str, target: Target, links: dict[Key, Row]) -> Push:
    row = links.get(keys.link(connection, target.key))
    return Push(
        key=target.key,
        group=target.group,
        desired=target.desired,
        version=target.version,
        published=target.published,
        operation=f"{target.channel}/{target.facet}/{target.key}/{target.version}",
        links={k: str(v) for k, v in row.body.items()} if row else {},
        receipt=target.receipt,
    )
