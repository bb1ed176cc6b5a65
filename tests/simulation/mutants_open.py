"""Planted bugs where an article has more open orders than its card has room for."""

from tests.simulation.sabotage import Mutant, mutant

MANY = ("an article with many open orders",)
PAGES = "shared.domain.hold_pages:"

OPEN: tuple[Mutant, ...] = (
    mutant(
        "what is held on pages is not counted",
        "The units of all orders but the newest are offered again.",
        MANY,
        ("shared.domain.availability:held_at", "in page.held.items()", "in ()"),
    ),
    mutant(
        "an order that ends is not looked for on pages",
        "Its units are held for ever.",
        MANY,
        (PAGES + "pages_of", "if any(", "if not any("),
    ),
    mutant(
        "a card and its page are written one by one",
        "A function that dies in between leaves a page that no card names.",
        MANY,
        (
            "shared.flows.hold_pages:commit_cards",
            "return store.commit_together(writes)",
            "return all(store.commit(writes))",
        ),
    ),
)
