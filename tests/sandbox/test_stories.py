"""Which stories there are, and how one is named."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli import app
from sandbox.failures import CannotRunError
from sandbox.stories import registry


@pytest.mark.parametrize("name", registry.STORIES)
def test_every_story_can_be_prepared_and_run(name: str) -> None:
    found = registry.story(name, export=None)
    assert callable(found.retailer_file)
    assert callable(found.run)


def test_a_story_nobody_knows_is_refused_and_the_known_ones_are_named() -> None:
    result = CliRunner().invoke(app, ["demo", "--story", "help", "--json"])
    assert result.exit_code == 2
    assert "known: retail-day" in result.stdout


def test_only_the_retail_day_takes_an_order_export() -> None:
    registry.story(registry.DEFAULT, export=Path("orders.csv"))
    for name in registry.STORIES.keys() - {registry.DEFAULT}:
        with pytest.raises(CannotRunError, match="takes no --input"):
            registry.story(name, export=Path("orders.csv"))
