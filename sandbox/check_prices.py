"""What a retailer's rules of prices lack: taxes, buyers, and what a channel can show."""

from collections.abc import Iterator, Mapping

from shared.connectors.catalog import CATALOG, Connector
from shared.model.consistency import Mistake, Plain, items, text, texts
from shared.model.price import PriceKind


def mistakes(retailer: Plain) -> Iterator[Mistake]:
    """Everything for which articles would have no price, or one that nobody is shown."""
    lists = {text(p, "name"): p for _, p in items(retailer, "price_lists")}
    for i, channel in items(retailer, "channels"):
        named = [(j, lists[name]) for j, name in texts(channel, "price_lists") if name in lists]
        yield from _untaxed(f"channels.{i}", channel, [p for _, p in named], retailer)
        yield from _unsold(f"channels.{i}", channel, named)
        yield from _unshown(f"channels.{i}", channel, retailer)
        yield from _untested(f"channels.{i}.guardrails", channel, [p for _, p in named])


def _untaxed(at: str, channel: Plain, lists: list[Plain], retailer: Plain) -> Iterator[Mistake]:
    """A channel that shows gross what is net, or net what is gross, needs a tax rate."""
    shows, region = text(channel, "tax_display"), text(channel, "region")
    taxed = {text(r, "region") for _, r in items(retailer, "tax_rates")}
    for source in lists:
        basis = text(source, "tax_basis")
        origin = text(source, "region") if basis == "gross" else None
        needed = {region, origin or region} if shows == "gross" else {origin or region}
        same = basis == shows and (shows == "net" or origin in {None, region})
        if same or not shows or not basis or needed <= taxed:
            continue
        problem = f"list {text(source, 'name')!r} is {basis}, the channel shows {shows}"
        lacking = " and ".join(sorted(filter(None, needed - taxed)))
        remedy = f"add [[tax_rates]] of {lacking}" if lacking else "say where the channel sells"
        yield Mistake(f"{at}.region", problem, remedy)
        return


def _unsold(at: str, channel: Plain, lists: list[tuple[int, Plain]]) -> Iterator[Mistake]:
    """A list for buyers whom the channel does not show a price."""
    buyers = {text(channel, "segment"), *(name for _, name in texts(channel, "segments"))}
    for j, source in lists:
        segment = text(source, "segment")
        if segment and segment not in buyers:
            problem = f"list {text(source, 'name')!r} is for segment {segment!r} only"
            remedy = f"add {segment!r} to the channel's `segments`, or make it its `segment`"
            yield Mistake(f"{at}.price_lists.{j}", problem, remedy)


def _unshown(at: str, channel: Plain, retailer: Plain) -> Iterator[Mistake]:
    """What the channel's system has no place for would never come to rest."""
    systems = {text(c, "name"): text(c, "system") for _, c in items(retailer, "connections")}
    row = CATALOG.get(systems.get(text(channel, "connection")) or "")
    for extra in ("scales", "segments", "dates"):
        if row is not None and channel.get(extra) and extra not in row.price_extras:
            problem = f"{row.title} is not told of {extra}"
            remedy = "leave it out; a channel of their own shows a segment's prices"
            yield Mistake(f"{at}.{extra}", problem, remedy)
    if row is not None and channel.get("dates"):
        yield from _undated(f"{at}.dates", channel, row, retailer)


def _undated(at: str, channel: Plain, row: Connector, retailer: Plain) -> Iterator[Mistake]:
    """Settings under which a promotion that was told ahead could not be taken back."""
    named = text(channel, "connection")
    mine = next((c for _, c in items(retailer, "connections") if text(c, "name") == named), {})
    settings = mine.get("settings")
    for key, value in row.dates_need:
        if isinstance(settings, Mapping) and settings.get(key, value) != value:
            problem = f"setting {key} of {named!r} is {settings[key]!r}"
            yield Mistake(at, problem, f"set it to {value!r}, or leave out `dates`")


def _untested(at: str, channel: Plain, lists: list[Plain]) -> Iterator[Mistake]:
    """A limit that nothing is ever held against is one that somebody relies on in vain."""
    limits = channel.get("guardrails")
    if not isinstance(limits, Mapping):
        return
    known = [p.get("conditions") for p in lists]
    kinds = {kind for c in known if isinstance(c, Mapping) for kind in c.values()}
    if "floor" in limits and PriceKind.COST not in kinds:
        problem = "no price list of this channel has a cost, so nothing is ever below it"
        yield Mistake(f"{at}.floor", problem, "name the condition type of the cost in a list")
    if "max_markdown" in limits and channel.get("compare_at") is False:
        problem = "the channel strikes no price through, so this is never tested"
        yield Mistake(f"{at}.max_markdown", problem, "leave it out, or set compare_at to true")
    for extra in ("share_from", "moves_by", "window_minutes"):
        if extra in limits and "max_share" not in limits:
            yield Mistake(f"{at}.{extra}", "belongs to max_share", "add max_share, or leave it out")
