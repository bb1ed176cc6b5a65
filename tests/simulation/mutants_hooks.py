"""Planted bugs in what becomes of webhook subscriptions that vanished."""

from tests.simulation.sabotage import Mutant, mutant

DROPPED = ("a shop drops its webhook subscriptions",)
FLOW = "shared.flows.subscriptions:Subscriptions."

HOOKS: tuple[Mutant, ...] = (
    mutant(
        "a lost subscription is not made anew",
        "The shop tells of nothing any more.",
        DROPPED,
        (FLOW + "_refused", "self.vendor.subscribe(topic)", "pass"),
    ),
    mutant(
        "orders are not polled once it is back",
        "What was sold while nobody was told stays unknown until the next poll.",
        DROPPED,
        (FLOW + "_looked", "back = set(_lost(row)) - set(missing)", "back = set()"),
    ),
    mutant(
        "a poll counts as soon as it was asked for",
        "Its run was lost, or another one was alive, and what was sold meanwhile stays unknown.",
        DROPPED,
        (FLOW + "_read_up", "if done and ", "if True or "),
    ),
)
