"""What `shelfwire demo` can play: one module a story, found by its name."""

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from sandbox.failures import CannotRunError
from sandbox.home import Home, Steps
from sandbox.world import World
from shared.model.base import Json

DEFAULT = "retail-day"
STORIES = {
    DEFAULT: "orders, stock and prices of one day, under outages; the only one that takes --input",
    "order-to-return": "an answer lost, two parcels, returns, an exchange: the same to the penny",
    "flash-sale": "a shop and a marketplace sell out while goods move and counts go wrong",
    "weekend-promotion": "12,000 base prices and a promotion on 1,500 SKUs in two time zones",
}
"""What each shows, by name; `retail-day` lies in `retail_day.py`."""


class Story(Protocol):
    """A module that plays one story on a sandbox of its own, and says whether it came out right."""

    def retailer_file(self, home: Home, base: Path, *, export: Path | None) -> Path:
        """The retailer's file the story is played with, made from `base`."""
        ...

    def run(self, world: World, *, export: Path | None, steps: Steps) -> dict[str, Json]:
        """Play and compare. `ok` is False when anything differs, and `wrong` says what."""
        ...


def story(name: str, *, export: Path | None) -> Story:
    """The module of a story; one that is not known or takes no export cannot run."""
    if name not in STORIES:
        raise CannotRunError(f"no story is called {name!r}", f"known: {', '.join(STORIES)}")
    if export is not None and name != DEFAULT:
        raise CannotRunError(f"{name} takes no --input", "leave it out, or play retail-day")
    return cast("Story", import_module(f"sandbox.stories.{name.replace('-', '_')}"))
