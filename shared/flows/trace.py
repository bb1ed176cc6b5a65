"""Why is this value what it is: fact -> rule -> target -> call -> outcome, with times."""

from dataclasses import asdict
from datetime import datetime
from operator import attrgetter
from typing import Final

from shared.domain import lifecycle, returns, tenders
from shared.domain.availability import held_at
from shared.flows import keys
from shared.flows.hold_pages import whole_card
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.case import Case
from shared.model.facts import PriceCard, StockCard
from shared.model.ids import Entity, Facet
from shared.model.retailer import Retailer
from shared.model.target import Target
from shared.ports import Row, Store

HOLDS_SHOWN: Final = 5000


@frozen
class Tracer:
    store: Store
    retailer: Retailer

    def sku(self, sku: str) -> dict[str, Json] | None:
        """Everything known of one SKU, or None when nothing is."""
        owner = self.retailer.authority
        item_key = keys.item(sku, owner[Entity.PRODUCT])
        fact_keys = {
            "item": item_key,
            **{
                "promotion" if place else "price": keys.price(sku, source)
                for place, source in enumerate(self.retailer.price_sources)
            },
            "stock": keys.stock(sku, owner[Entity.STOCK]),
            **{
                f"stock of {source}": keys.stock(sku, source)
                for source in self.retailer.stock_sources[1:]
            },
            "holds": keys.hold(sku),
        }
        facts = self.store.get(fact_keys.values())
        if not facts:
            return None
        item = facts.get(item_key)
        product_id = str(item.body["product_id"]) if item else sku
        return {
            "sku": sku,
            "product_id": product_id,
            "facts": {
                name: self._fact(facts[key]) for name, key in fact_keys.items() if key in facts
            },
            "channels": [
                self._channel(channel.name, channel.connection, sku, product_id)
                for channel in self.retailer.channels
            ],
        }

    def _fact(self, row: Row) -> Json:
        said = _fact(row)
        return said if row.key.sk != keys.HOLDS else said | self._held(row)

    def _held(self, row: Row) -> dict[str, Json]:
        """Units by location, and what they are held for: the latest, of very many."""
        card = whole_card(self.store, row)
        latest = sorted(card.holds.values(), key=attrgetter("since", "order_id", "line_id"))
        return {
            "held": dict[str, Json](held_at(card)),
            "holds": [hold.model_dump(mode="json") for hold in latest[-HOLDS_SHOWN:]],
        }

    def _channel(self, name: str, connection: str, sku: str, product_id: str) -> Json:
        wanted = {
            Facet.CONTENT: keys.target(name, Facet.CONTENT, product_id),
            Facet.PRICE: keys.target(name, Facet.PRICE, sku),
            Facet.STOCK: keys.target(name, Facet.STOCK, sku),
        }
        link = keys.link(connection, sku)
        rows = self.store.get([*wanted.values(), link])
        return {
            "channel": name,
            "links": dict(rows[link].body) if link in rows else {},
            "targets": {
                facet.value: _target(rows[key], brief=facet is Facet.CONTENT)
                for facet, key in wanted.items()
                if key in rows
            },
        }

    def order(self, order_id: str, *, now: datetime) -> dict[str, Json] | None:
        """The story of one order, without the customer's name and address."""
        key = keys.case(order_id)
        row = self.store.get([key]).get(key)
        if row is None:
            return None
        case = Case.model_validate(row.body)
        return {
            "order_id": order_id,
            "number": case.order.number,
            "state": case.state.value,
            "holds": [reason.value for reason in case.holds],
            "standing": asdict(lifecycle.standing(case, now=now)),
            "late": dict(case.late),
            "allocated": dict(case.counts.allocated),
            "backorders": {line: day.isoformat() for line, day in case.backorders.items()},
            "total": str(case.newest.total),
            "shopper_total": str(case.newest.shopper_total) if case.newest.shopper_total else None,
            "erp_order": case.erp_order,
            "erp_total": str(case.erp_total) if case.erp_total else None,
            "reference": case.reference,
            "terms": case.order.terms.model_dump(mode="json") if case.order.terms else None,
            "lines": [
                {
                    "line_id": line.line_id,
                    "channel_sku": line.channel_sku,
                    "sku": line.sku,
                    "quantity": line.quantity,
                    "unit_price": str(line.unit_price),
                    "location": line.location,
                }
                for line in case.newest.lines
            ],
            "payments": [payment.model_dump(mode="json") for payment in case.newest.payments],
            "intents": [intent.model_dump(mode="json") for intent in case.intents],
            **_left(case),
            "refunds": [
                {
                    **refund.model_dump(mode="json"),
                    "shares": tenders.shares(case, refund).model_dump(mode="json"),
                }
                for refund in case.refunds
            ],
            "returns": [
                {**one.model_dump(mode="json"), "state": returns.state_of(one).value}
                for one in returns.whole(case)
            ],
            "bills": [bill.model_dump(mode="json", exclude={"lines"}) for bill in case.bills],
            "timeline": [hop.model_dump(mode="json") for hop in case.timeline],
        }


def _left(case: Case) -> dict[str, Json]:
    """What left, and what is told of it by who is not believed."""
    return {
        "shipments": [shipment.model_dump(mode="json") for shipment in case.shipments],
        "compared": [shipment.model_dump(mode="json") for shipment in case.heard],
    }


def _fact(row: Row) -> dict[str, Json]:
    body = row.body
    said: dict[str, Json] = {"revision": row.rev, "as_of": body.get("as_of")}
    if body.get("kind") == "price":
        card = PriceCard.model_validate(body)
        said["conditions"] = [c.model_dump(mode="json") for c in card.conditions]
    elif body.get("kind") == "stock":
        said["positions"] = [
            p.model_dump(mode="json") for p in StockCard.model_validate(body).positions
        ]
    elif body.get("kind") != "holds":
        said["variant"] = body.get("variant")
    return said


def _target(row: Row, *, brief: bool) -> Json:
    target = Target.model_validate(row.body)
    said = target.model_dump(mode="json", exclude={"desired", "published"} if brief else None)
    said["in_step"] = target.published == target.desired and target.waiting is None
    return said
