"""What the facts imply that channels show: a draft of each target, before it is held against it."""

from collections.abc import Iterable, Sequence
from functools import partial

from shared.domain.pricing import Unpriced
from shared.domain.targets import Draft, Priority
from shared.flows import keys
from shared.flows.guarding import wishes
from shared.flows.issues import Problem
from shared.flows.sku_facts import Facts, SkuFacts
from shared.model.facts import ProductCard
from shared.model.ids import Entity, Facet
from shared.model.issue import IssueKind
from shared.model.item import ItemCard
from shared.model.product import Lifecycle
from shared.model.retailer import Channel, Retailer


def drafts_of(
    sku: SkuFacts,
    channels: Sequence[Channel],
    problems: list[Problem],
    *,
    stock_only: bool = False,
) -> Iterable[Draft]:
    """Price and level of an article in these channels; why there is no price goes to `problems`."""
    for channel in channels:
        if not stock_only:
            yield from _price(sku, channel, problems)
        yield from _stock(sku, channel)


def contents(name: str, facts: Facts, retailer: Retailer) -> Iterable[Draft]:
    """What every channel shows of a product."""
    row = facts.get(keys.product(name, retailer.authority[Entity.PRODUCT]))
    if row is None:
        return
    card = ProductCard.model_validate(row.body)
    for channel in retailer.channels:
        yield Draft(
            channel=channel.name,
            facet=Facet.CONTENT,
            key=name,
            group=name,
            desired=card.product.model_dump(mode="json"),
            priority=Priority.CONTENT,
            chain=(),
            facts={f"product of {card.source}": card.as_of},
        )


def _price(sku: SkuFacts, channel: Channel, problems: list[Problem]) -> Iterable[Draft]:
    item, priced = sku.item, sku.priced(channel)
    if priced is None or item.variant.lifecycle is Lifecycle.DISCONTINUED:
        return
    if isinstance(priced, Unpriced):
        problems.append(_no_price(item, channel, priced))
        return
    yield Draft(
        channel=channel.name,
        facet=Facet.PRICE,
        key=item.variant.sku,
        group=item.product_id,
        desired=priced.value.model_dump(mode="json"),
        told=sku.told(channel, priced),
        priority=Priority.PROMOTION if priced.promotional else Priority.PRICE,
        chain=priced.chain,
        facts={
            **{f"price of {card.source}": card.as_of for card in sku.prices},
            f"item of {item.source}": item.as_of,
        },
        next_change=priced.next_change,
        wishes=wishes(priced, partial(sku.price_at, channel)) if channel.guardrails else (),
    )


def _stock(sku: SkuFacts, channel: Channel) -> Iterable[Draft]:
    found, item = sku.available(channel), sku.item
    if found is None:
        return
    yield Draft(
        channel=channel.name,
        facet=Facet.STOCK,
        key=item.variant.sku,
        group=item.product_id,
        desired={"levels": dict(found.levels)},
        priority=Priority.SOLD_OUT if found.low else Priority.STOCK,
        chain=found.chain,
        facts=sku.heard,
        terms=found.terms,
        basis=sku.basis(channel),
        emptied=sku.emptied(channel),
    )


def _no_price(item: ItemCard, channel: Channel, found: Unpriced) -> Problem:
    return Problem(
        kind=IssueKind.NO_PRICE,
        subject=f"{channel.name}/{item.variant.sku}",
        connection=channel.erp,
        summary=f"{item.variant.sku} has no price {channel.name} may show: {found.reason}",
        remedy="correct the price conditions of this article in the ERP",
        field="conditions",
        value=found.reason,
    )
