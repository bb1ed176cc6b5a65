"""What must agree between order rules, and the channels and places they name."""

from collections.abc import Iterator, Mapping

from shared.model.consistency import Mistake, Plain, items, names, text, texts


def mistakes(retailer: Plain) -> list[Mistake]:
    """Every name that names nothing, and every place the ERP has no name for."""
    return [*_unknown(retailer), *_nameless(retailer), *_mailed(retailer), *_paid(retailer)]


def _mailed(retailer: Plain) -> Iterator[Mistake]:
    """Customers are mailed about orders of channels that there are."""
    known = names(retailer, "channels")
    notices = retailer.get("notices")
    mailed = notices.get("channels") if isinstance(notices, Mapping) else None
    for name in mailed if isinstance(mailed, Mapping) else ():
        if name not in known:
            yield _no("channel", f"notices.channels.{name}", str(name), known)


def _paid(retailer: Plain) -> Iterator[Mistake]:
    """Payouts are read for the books alone."""
    books = retailer.get("books")
    days = books.get("payout_days") if isinstance(books, Mapping) else None
    for i, connection in items(retailer, "connections"):
        settings = connection.get("settings")
        wanted = isinstance(settings, Mapping) and settings.get("payouts") is True
        if wanted and days is None:
            said, remedy = "nothing compares payouts", "set payout_days in [books]"
            yield Mistake(f"connections.{i}.settings.payouts", said, remedy)


def _unknown(retailer: Plain) -> Iterator[Mistake]:
    channels, places = names(retailer, "channels"), names(retailer, "locations")
    for i, rule in items(retailer, "order_rules"):
        for j, name in texts(rule, "channels"):
            if name not in channels:
                yield _no("channel", f"order_rules.{i}.channels.{j}", name, channels)
        place = text(rule, "ship_from")
        if place is not None and place not in places:
            yield _no("location", f"order_rules.{i}.ship_from", place, places)


def _no(what: str, path: str, name: str, known: list[str]) -> Mistake:
    choice = f"known: {', '.join(sorted(known)) or 'none'}"
    return Mistake(path, f"no {what} is called {name!r}", choice)


def _nameless(retailer: Plain) -> Iterator[Mistake]:
    """A place goods leave from must have a name in each ERP that is told of it."""
    external = {
        text(item, "name"): item.get("external") for _, item in items(retailer, "locations")
    }
    for i, rule in items(retailer, "order_rules"):
        place = text(rule, "ship_from")
        about = [name for _, name in texts(rule, "channels")]
        for _, channel in items(retailer, "channels"):
            erp = text(channel, "erp")
            named = external.get(place)
            if about and text(channel, "name") not in about:
                continue
            if place in external and erp and isinstance(named, dict) and erp not in named:
                said = f"{place!r} has no name in {erp!r}"
                remedy = f"add {erp} to `external` of the location"
                yield Mistake(f"order_rules.{i}.ship_from", said, remedy)
                break
