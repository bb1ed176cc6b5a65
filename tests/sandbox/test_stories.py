"""Which stories there are, and how one is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.check import check_file
from sandbox.cli import app
from sandbox.failures import CannotRunError
from sandbox.home import ROOT, Home
from sandbox.stories import flash_sale, registry, weekend_promotion
from sandbox.stories.weekend_prices import LONDON, NEW_YORK, ZONES, Book, Window, base
from shared.settings import load_retailer

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


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


# what the weekend promotion holds the shops against


BOOK = Book(
    prices={"HAT": 2000, "MUG": 500},
    windows={
        name: Window(name, NOW + timedelta(hours=1), NOW + timedelta(hours=3)) for name in ZONES
    },
)


def test_a_price_in_dollars_is_the_one_in_sterling_without_tax_at_the_rate_with_its_ending() -> (
    None
):
    assert [base(LONDON, 2000), base(NEW_YORK, 2000)] == [2000, 2099]
    assert base(NEW_YORK, 500) == 499  # 5.29 is nearer to 4.99
    assert base(NEW_YORK, 40) == 99  # never below nothing


def test_rows_are_in_the_local_time_of_each_market() -> None:
    BOOK.promote(["HAT"], percent=20)
    london, new_york = BOOK.rows(["HAT"])
    assert (london["valid_from"], london["zone"]) == ("2026-11-27T10:00:00", "Europe/London")
    assert (new_york["valid_from"], new_york["zone"]) == ("2026-11-27T05:00:00", "America/New_York")
    assert (london["amount"], new_york["amount"]) == ("16.00", "16.79")


def test_a_promotion_shows_within_its_window_and_a_withdrawn_one_until_then() -> None:
    BOOK.promote(["HAT"], percent=20)
    at = [NOW + timedelta(hours=hours) for hours in range(4)]
    shown = [BOOK.shown(LONDON, "HAT", each) for each in at]
    assert shown == [(2000, None), (1600, 2000), (1600, 2000), (2000, None)]
    BOOK.withdraw(["HAT"], at[2])
    assert BOOK.shown(LONDON, "HAT", at[2]) == (2000, None)
    BOOK.ends.clear()


def test_what_a_shop_keeps_back_is_what_it_must_show() -> None:
    BOOK.kept[LONDON, "MUG"] = 900
    assert BOOK.shown(LONDON, "MUG", NOW) == (900, None)
    assert BOOK.shown(NEW_YORK, "MUG", NOW) == (499, None)


@pytest.mark.parametrize("file", [weekend_promotion.FILE, flash_sale.FILE])
def test_the_retailers_of_the_stories_have_no_mistakes(file: str) -> None:
    assert check_file(ROOT / file) == []


def test_the_kit_of_the_flash_sale_is_made_of_articles_that_are_sold(tmp_path: Path) -> None:
    found = flash_sale.retailer_file(Home(directory=tmp_path), ROOT / flash_sale.FILE, export=None)
    (kit,) = load_retailer(found.read_text(encoding="utf-8")).kits.defined  # type: ignore[union-attr]
    assert kit.sku == flash_sale.KIT
    assert {c.sku for c in kit.components} < set(flash_sale._assortment().skus)  # noqa: SLF001
