"""Where every row lives. `#` separates parts; no SKU, name or id of ours holds one."""

from shared.model.ids import Facet
from shared.model.order import Order
from shared.ports import Key, Table


def product(product_id: str, source: str) -> Key:
    return Key(Table.FACTS, f"product#{product_id}", f"product#{source}")


def item(sku: str, source: str) -> Key:
    return Key(Table.FACTS, f"sku#{sku}", f"item#{source}")


def price(sku: str, source: str) -> Key:
    return Key(Table.FACTS, f"sku#{sku}", f"price#{source}")


def stock(sku: str, source: str) -> Key:
    return Key(Table.FACTS, f"sku#{sku}", f"stock#{source}")


def hold(sku: str) -> Key:
    return Key(Table.FACTS, f"sku#{sku}", "holds")


def hold_page(sku: str, name: str) -> Key:
    """Holds a card has no room for; a partition of its own, and no function follows it."""
    return Key(Table.FACTS, f"holds#{sku}#{name}")


def counter(sku: str, location: str, number: int) -> Key:
    """Units of an article that many check out at once; a partition of its own."""
    return Key(Table.CONTROL, f"counter#{sku}#{location}#{number}")


HOLDS = "holds"
HOT_LANE = "hot"
"""Cards whose units are dealt to counters, by when they are to be gathered."""


def wake(sku: str) -> Key:
    """When the clock is to look at this SKU again."""
    return Key(Table.FACTS, f"sku#{sku}", "wake")


def kit_links(sku: str) -> Key:
    """The kits an article is part of, and the components a kit is known to."""
    return Key(Table.FACTS, f"sku#{sku}", "kits")


def kit_part(kit: str, component: str) -> Key:
    """What a component tells a kit."""
    return Key(Table.FACTS, f"sku#{kit}", f"part#{component}")


LEVEL_FACTS = ("stock#", "holds", "kits", "part#")
OTHER_FACTS = ("item#", "price#", "product#", "wake")
"""How the sort keys of facts begin: of those that only levels follow from, and of all others.

A function of its own derives from either, so that levels do not wait behind a price list.
"""

WAKE_LANE = "wake"
MISSING_LANE = "missing"
"""Stock cards that lack a movement, or the other half of a transfer, by when it is to be told."""


def target(channel: str, facet: Facet, key: str) -> Key:
    return Key(Table.TARGETS, f"{channel}#{facet}#{key}")


def facet_of(target: Key) -> Facet:
    return Facet(target.pk.split("#", 2)[1])


def is_price(target: Key) -> bool:
    return target.pk.split("#", 2)[1] == Facet.PRICE


def is_level(target: Key) -> bool:
    return target.pk.split("#", 2)[1] == Facet.STOCK


def target_lane(channel: str, priority: int) -> str:
    return f"{channel}#{priority}"


def withheld_lane(channel: str) -> str:
    """Targets that were not sent because the channel is in shadow, by when it was looked at."""
    return f"{channel}#withheld"


def case(order_id: str) -> Key:
    return Key(Table.ORDERS, f"order#{order_id}")


def case_lane(connection: str) -> str:
    """Cases with something to send to this connection."""
    return f"case#{connection}"


def backlog_lane(connection: str) -> str:
    """Cases an ERP could not be reached for, the most urgent first."""
    return f"backlog#{connection}"


def drainers(connection: str, count: int) -> list[Key]:
    """Who sends an ERP its backlog: one for each call it takes at once."""
    return [Key(Table.CONTROL, f"drainer#{connection}#{place}") for place in range(count)]


def reservation(reservation_id: str) -> Key:
    return Key(Table.ORDERS, f"reservation#{reservation_id}", "reservation")


def reserved(order_id: str) -> Key:
    """Which reservation an order that is not placed yet will use."""
    return Key(Table.ORDERS, f"reserved#{order_id}", "reserved")


def return_of(return_id: str) -> Key:
    """The order a return is of."""
    return Key(Table.ORDERS, f"return#{return_id}", "return")


def returned(source: str, document: str) -> Key:
    """What a source moved under a return that nobody knows yet."""
    return Key(Table.ORDERS, f"returned#{source}#{document}", "returned")


def reported(source: str, shipment_id: str) -> Key:
    """A shipment as a source told it."""
    return Key(Table.ORDERS, f"reported#{source}#{shipment_id}", "reported")


def despatch(order_id: str) -> Key:
    """Where ERP and warehouse tell other units of an order."""
    return Key(Table.ORDERS, f"despatch#{order_id}", "despatch")


REPORTED_LANE = "reported"
"""Shipments that wait for their order, by when they are tried again."""
DESPATCH_LANE = "despatch"
RETURNED_LANE = "returned"
RESERVATION_LANE = "reservation"
SHORT_LANE = "short"

WAITING = "waiting"


def waiting(code: str, order_id: str) -> Key:
    """An order that waits for this code to be mapped."""
    return Key(Table.ORDERS, WAITING, f"{code}#{order_id}")


def link(connection: str, key: str) -> Key:
    """The ids by which a connection knows a SKU or a product of ours."""
    return Key(Table.LINKS, f"{connection}#of#{key}")


def gtin(gtin14: str) -> Key:
    """The article, and the unit of it, that a GTIN is of."""
    return Key(Table.LINKS, f"gtin#{gtin14}")


NAMES_MIN = 3
"""How many characters of a name its partition is named by."""


def named(folded: str, sku: str) -> Key:
    """An article by its name without case and punctuation; those that begin alike lie together."""
    return Key(Table.LINKS, f"names#{folded[:NAMES_MIN]}", f"{folded}#{sku}")


def code(connection: str, channel_sku: str) -> Key:
    """The SKU an operator mapped a channel's code to."""
    return Key(Table.LINKS, f"{connection}#code#{channel_sku}")


def customer(connection: str, digest: str) -> Key:
    """Whom a connection has as this customer; the digest does not say who it is."""
    return Key(Table.LINKS, f"{connection}#customer#{digest}")


def erp_order(connection: str, number: str) -> Key:
    return Key(Table.LINKS, f"{connection}#order#{number}")


def issue(issue_id: str) -> Key:
    return Key(Table.ISSUES, issue_id)


OPEN_ISSUES = "open"
SOLVED_ISSUES = "solved"


def inbox(connection: str, delivery: str) -> Key:
    return Key(Table.INBOX, f"{connection}#{delivery}")


def cursor(connection: str, entity: str) -> Key:
    return Key(Table.CONTROL, f"cursor#{connection}#{entity}")


def file(name: str) -> Key:
    """How far a dropped file has been taken in."""
    return Key(Table.CONTROL, f"file#{name}")


def answer(caller: str, idempotency_key: str) -> Key:
    """What a caller was answered under a key of its own."""
    return Key(Table.CONTROL, f"answer#{caller}#{idempotency_key}")


def roster(channel: str, facet: Facet, key: str = "-") -> Key:
    """That a channel has shown this; all of a facet are one partition, to be walked in order."""
    return Key(Table.CONTROL, f"roster#{channel}#{facet}", key)


def told(source: str, sku: str = "-") -> Key:
    """That a source told of this stock; all it told of are one partition, walked in order."""
    return Key(Table.CONTROL, f"told#{source}#stock", sku)


def listed(source: str, run: str, part: str = "-") -> Key:
    """Articles that a run over all stock of a source came upon, so many a row."""
    return Key(Table.CONTROL, f"listed#{source}#{run}", part)


def parity(channel: str, facet: Facet) -> Key:
    """How far a comparison has come, and what the last one found."""
    return Key(Table.CONTROL, f"parity#{channel}#{facet}")


def sighting(channel: str, facet: Facet, run: str, key: str = "-") -> Key:
    """A difference seen once in a run; it counts if it is seen again."""
    return Key(Table.CONTROL, f"sighting#{channel}#{facet}#{run}", key)


def walk(cause: str) -> Key:
    """How far articles have been derived anew for a cause, and what it has changed to."""
    return Key(Table.CONTROL, f"walk#{cause}")


def heard(source: str) -> Key:
    """Since when a source of stock is silent, and how far its articles have been derived anew."""
    return walk(f"heard#{source}")


def emptied(channel: str) -> Key:
    """How many of a channel's articles ran out of late."""
    return Key(Table.CONTROL, f"emptied#{channel}")


def held(channel: str, sku: str = "-", facet: Facet = Facet.PRICE) -> Key:
    """That a change waits for approval; all of a channel are one partition, to be walked."""
    return Key(Table.CONTROL, f"held#{channel}", sku if facet is Facet.PRICE else f"{sku}#{facet}")


def held_target(row: Key) -> Key:
    """The target of which something waits."""
    sku, _, facet = row.sk.partition("#")
    return target(row.pk.removeprefix("held#"), Facet(facet or Facet.PRICE), sku)


HELD_FILES = "held-files"


def held_file(name: str) -> Key:
    """That a dropped file waits for approval; all that do are one partition."""
    return Key(Table.CONTROL, HELD_FILES, name)


def feed(folder: str) -> Key:
    """How many rows the last file in a folder had."""
    return Key(Table.CONTROL, f"feed#{folder}")


def moves(channel: str) -> Key:
    """How many prices of a channel have moved within its window."""
    return Key(Table.CONTROL, f"moves#{channel}")


def accuracy(source: str) -> Key:
    """How far a comparison of a source's stock is, and what the last one found."""
    return Key(Table.CONTROL, f"accuracy#{source}")


IMPORT_QUEUE = "import"


def lease(name: str) -> Key:
    return Key(Table.CONTROL, f"lease#{name}")


def rate(connection: str, operation: str = "") -> Key:
    """The rate bucket of an account, or of one operation the vendor limits by itself."""
    return Key(Table.CONTROL, f"rate#{connection}" + (f"#{operation}" if operation else ""))


def breaker(connection: str) -> Key:
    """Whether a connection fails so often that it is left alone."""
    return Key(Table.CONTROL, f"breaker#{connection}")


def books(day: str, order_id: str) -> Key:
    """What an order came to on a day, in shop and ERP."""
    return Key(Table.CONTROL, f"books#{day}", order_id)


def hooks(connection: str) -> Key:
    """Which webhook subscriptions a connection lost, and when to look again."""
    return Key(Table.CONTROL, f"hooks#{connection}")


def rhythm(channel: str) -> Key:
    """How often orders come over a channel."""
    return Key(Table.CONTROL, f"rhythm#{channel}")


def payouts(order_id: str) -> Key:
    """What payment providers paid out for an order."""
    return Key(Table.CONTROL, f"payouts#{order_id}")


def payout(connection: str, name: str) -> Key:
    """How far a provider's payout was read."""
    return Key(Table.CONTROL, f"payout#{connection}", name)


def paid_order(connection: str, payout: str, order_id: str) -> Key:
    """That a payout pays something of an order, or of one nobody knew: then with the movement."""
    return Key(Table.CONTROL, f"paid#{connection}#{payout}", order_id)


def difference(order_id: str) -> Key:
    """Where the books of an order differ."""
    return Key(Table.CONTROL, f"difference#{order_id}")


def notice(order_id: str, mark: str) -> Key:
    """Whether a customer was mailed this; never forgotten, or it would be mailed again."""
    return Key(Table.CONTROL, f"notice#{order_id}", mark)


NOTICE_LANE = "notice"
"""Mails that wait for SES, and those that may or may not be out, by when they are looked at."""
MAIL_QUEUE = "mail"

DIFFERENCE_LANE = "difference"
"""Differences nobody was told of yet, by when somebody is to be."""


def slots(connection: str, count: int) -> list[Key]:
    """The places of those who call a connection, where the vendor counts calls under way."""
    return [Key(Table.CONTROL, f"slots#{connection}#{place}") for place in range(count)]


WAKE_QUEUE = "wake"
"""Where the clock is told of an instant, with the delay that is left until then."""

NOTIFIED = "-notifications"
"""How queues end that a vendor delivers to; before it stands the connection's name."""


def read_queue(connection: str) -> str:
    return f"{connection}-read"


def write_queue(connection: str) -> str:
    return f"{connection}-write"


REPORTED = "reported:"
"""Marks a key of shipments as one that a source told: its name follows, a slash, and its id."""


def reported_again(connection: str, source: str, shipment_id: str) -> dict[str, str]:
    """The message that has a shipment a source told put on its order."""
    key = f"{REPORTED}{source}/{shipment_id}"
    return {"queue": read_queue(connection), "read": "shipment", "key": key}


def order_again(connection: str, order: Order) -> dict[str, str]:
    """The message that has an order looked at again: read anew, or judged as it was posted."""
    queue = read_queue(connection)
    if order.called:
        return {"queue": queue, "release": order.order_id}
    return {"queue": queue, "read": "order", "key": order.external_id}


DUPLICATES = "duplicates"
"""What is to be looked for, or repaired, of an order."""


def asked_again(connection: str, order_id: str, retry: str = "rejected") -> dict[str, str]:
    """The message that has the ERP asked again for what it refused, or for all its `amounts`."""
    return {"queue": write_queue(connection), "case": order_id, "retry": retry}
