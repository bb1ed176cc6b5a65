"""Whether the ERP would take where the goods go; said without saying where that is."""

from collections.abc import Iterator
from typing import Final

from shared.domain.held import Held
from shared.model.case import HoldReason
from shared.model.order import Address, Order
from shared.model.order_policy import AddressLimits, OrderPolicy

_FIELDS: Final = ("name", "city", "region", "postcode", "country", "phone")


def held(order: Order, policy: OrderPolicy, limits: AddressLimits | None) -> Held | None:
    """Why the order has to wait for a better address; lengths are told, values are not.

    `limits` are those of an ERP that is sent the address.
    """
    address = order.shipping_address or Address()
    asked = dict.fromkeys((*policy.address, *(limits.required if limits else ())))
    missing = [name for name in asked if not getattr(address, name)]
    long = list(_long(address, limits)) if limits else []
    if not missing and not long:
        return None
    said = [f"without {', '.join(missing)}"] if missing else []
    said += [f"{name} of {has} characters, at most {most}" for name, has, most in long]
    names = [*missing, *(name for name, _, _ in long)]
    return Held(
        HoldReason.ADDRESS,
        f"shipping_address.{names[0]}" if len(names) == 1 else "shipping_address",
        "; ".join(said),
        "complete the address in the channel"
        if not long
        else "shorten or complete the address in the channel",
    )


def _long(address: Address, limits: AddressLimits) -> Iterator[tuple[str, int, int]]:
    for name in _FIELDS:
        has, most = len(getattr(address, name)), getattr(limits, name)
        if most is not None and has > most:
            yield name, has, most
    for i, line in enumerate(address.lines):
        if i < len(limits.lines) and len(line) > limits.lines[i]:
            yield f"lines.{i}", len(line), limits.lines[i]
        elif i >= len(limits.lines) and line:
            yield f"lines.{i}", len(line), 0
