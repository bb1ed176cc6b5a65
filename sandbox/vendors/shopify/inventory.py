"""Quantities: absolute, compared before they are set, and never twice under one key."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from graphql import GraphQLError, GraphQLResolveInfo, get_directive_values

from sandbox.vendors.shopify.state import Level, Shop, Variant, gid, number
from sandbox.vendors.shopify.views import Mistake, View, at_most, level_view

KEPT = timedelta(hours=24)
QUANTITY_MAX = 1_000_000_000
NAMES = frozenset({"available", "on_hand"})
REASONS = frozenset({"correction", "cycle_count_available", "received", "restock", "other"})
FAILED = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
MISMATCH = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"


@dataclass(frozen=True, slots=True)
class Remembered:
    at: datetime
    fingerprint: str
    answer: View
    failed: bool


@dataclass(slots=True)
class Inventory:
    """`not_stocked_code` is what a row gets whose item is not stocked at the place.

    `failures_spend_keys` says whether the key of a refused call may be used again.
    """

    shop: Shop
    now: Callable[[], datetime]
    not_stocked_code: str | None = "INVALID_LOCATION"
    failures_spend_keys: bool = True
    told: Callable[[Variant, int], None] = lambda _variant, _place: None
    unpriced_on_sale: int = 0
    _keys: dict[str, Remembered] = field(default_factory=dict)

    def set_quantities(self, info: GraphQLResolveInfo[None], **given: object) -> View:
        """All rows or none."""
        wanted = given["input"]
        if not isinstance(wanted, dict):
            raise GraphQLError("input must be an object")
        at_most(wanted["quantities"], "quantities")
        for row in wanted["quantities"]:
            if "changeFromQuantity" not in row:
                raise GraphQLError(
                    "changeFromQuantity must be given, null to overwrite",
                    extensions={"code": "BAD_REQUEST"},
                )
        return self.once(info, given, lambda: self._set(wanted))

    def activate(self, info: GraphQLResolveInfo[None], **given: object) -> View:
        return self.once(info, given, lambda: self._activate(given))

    def once(
        self, info: GraphQLResolveInfo[None], given: Mapping[str, object], run: Callable[[], View]
    ) -> View:
        """Run under the idempotency key of the field; the first answer stands for 24 hours."""
        key = _key(info)
        fingerprint = json.dumps([info.field_name, given], sort_keys=True, default=str)
        known = self._keys.get(key)
        if known is not None and self.now() - known.at < KEPT:
            if known.fingerprint != fingerprint:
                return _refused(info, MISMATCH)
            if not known.failed:
                return known.answer
            if self.failures_spend_keys:
                return _refused(info, FAILED)
        answer = run()
        self._keys[key] = Remembered(self.now(), fingerprint, answer, bool(answer["userErrors"]))
        return answer

    def _set(self, wanted: Mapping[str, object]) -> View:
        rows = wanted["quantities"]
        errors = _header_errors(wanted)
        changes: list[tuple[Variant, int, int]] = []
        seen: set[tuple[object, object]] = set()
        for i, row in enumerate(rows if isinstance(rows, Sequence) else ()):
            try:
                changes.append(self._checked(str(wanted["name"]), i, row, seen))
            except Mistake as mistake:
                errors.append(mistake.view)
        if errors:
            return {"inventoryAdjustmentGroup": None, "userErrors": errors}
        for variant, place, available in changes:
            variant.levels[place].available = available
            self.told(variant, place)
            status = self.shop.products[variant.product_id].status
            if available > 0 and variant.price == 0 and status == "ACTIVE":
                self.unpriced_on_sale += 1
        group = {
            "__typename": "InventoryAdjustmentGroup",
            "id": gid("InventoryAdjustmentGroup", self.shop.next()),
            "reason": wanted["reason"],
        }
        return {"inventoryAdjustmentGroup": group, "userErrors": []}

    def _checked(
        self,
        name: str,
        index: int,
        row: Mapping[str, object],
        seen: set[tuple[object, object]],
    ) -> tuple[Variant, int, int]:
        at = ("input", "quantities", str(index))
        variant = self.shop.variants.get(number("InventoryItem", row["inventoryItemId"]) or 0)
        if variant is None:
            _fail("INVALID_INVENTORY_ITEM", "No such inventory item", *at, "inventoryItemId")
        place = number("Location", row["locationId"])
        if place is None or place not in self.shop.locations:
            _fail("INVALID_LOCATION", "No such location", *at, "locationId")
        pair = (variant.variant_id, place)
        if pair in seen:
            _fail("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "Row occurs twice", *at)
        seen.add(pair)
        level = variant.levels.get(place)
        if level is None:
            message = "The item is not stocked at the location"
            _fail(self.not_stocked_code, message, *at, "locationId")
        quantity = int(str(row["quantity"]))
        if abs(quantity) > QUANTITY_MAX:
            code = "INVALID_QUANTITY_TOO_HIGH" if quantity > 0 else "INVALID_QUANTITY_TOO_LOW"
            _fail(code, "Quantity is out of range", *at, "quantity")
        held = level.available if name == "available" else level.on_hand
        before = row["changeFromQuantity"]
        if before is not None and before != held:
            _fail("CHANGE_FROM_QUANTITY_STALE", "Quantity moved on", *at, "changeFromQuantity")
        return variant, place, quantity if name == "available" else quantity - level.committed

    def _activate(self, given: Mapping[str, object]) -> View:
        variant = self.shop.variants.get(number("InventoryItem", given["inventoryItemId"]) or 0)
        place = number("Location", given["locationId"])
        if variant is None or place is None or place not in self.shop.locations:
            error = {"field": None, "message": "No such inventory item or location"}
            return {"inventoryLevel": None, "userErrors": [error]}
        level = variant.levels.setdefault(place, Level())
        if given.get("available") is not None:
            level.available = int(str(given["available"]))
        return {"inventoryLevel": level_view(self.shop, variant, place), "userErrors": []}


def _header_errors(wanted: Mapping[str, object]) -> list[View]:
    errors = []
    if wanted["name"] not in NAMES:
        errors.append(Mistake("INVALID_NAME", "Name is not allowed", "input", "name").view)
    if wanted["reason"] not in REASONS:
        errors.append(Mistake("INVALID_REASON", "Reason is not allowed", "input", "reason").view)
    uri = wanted.get("referenceDocumentUri")
    if uri is not None and "://" not in str(uri):
        at = ("input", "referenceDocumentUri")
        errors.append(Mistake("INVALID_REFERENCE_DOCUMENT", "Not a URI", *at).view)
    return errors


def _fail(code: str | None, message: str, *at: str) -> NoReturn:
    mistake = Mistake(code or "", message, *at)
    mistake.view["code"] = code
    raise mistake


def _key(info: GraphQLResolveInfo[None]) -> str:
    directive = info.schema.get_directive("idempotent")
    given = (
        get_directive_values(directive, info.field_nodes[0], info.variable_values)
        if directive is not None
        else None
    )
    if not given or not given.get("key"):
        raise GraphQLError(
            f"{info.field_name} needs the directive @idempotent with a key",
            extensions={"code": "BAD_REQUEST"},
        )
    return str(given["key"])


def _refused(info: GraphQLResolveInfo[None], code: str) -> View:
    """The payload of this field with the one error and everything else null."""
    error = {"code": code, "field": None, "message": "The key was used before"}
    members = {"inventorySetQuantities": "inventoryAdjustmentGroup", "refundCreate": "refund"}
    member = members.get(info.field_name, "inventoryLevel")
    return {member: None, "userErrors": [error]}
