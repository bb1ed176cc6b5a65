"""What the catalogue says of Amazon, and what `shelfwire check` makes of it."""

import pytest

from sandbox.check import check
from shared.connectors.amazon.client import connect
from shared.connectors.amazon.settings import AmazonSettings, settings_of
from shared.connectors.catalog import CATALOG
from shared.errors import RejectedError
from shared.model.retailer import Retailer
from tests.connectors.amazon.world import NOW, RETAILER_TOML, SECRET, retailer
from tests.fakes import FreePacer, SetClock

SETTINGS = 'settings = { seller_id = "A3SELLER", marketplace_id = "A1F83G8C2ARO7P" }'


def found(old: str = "", new: str = "") -> dict[str, tuple[str, str]]:
    text = RETAILER_TOML.replace(old, new) if old else RETAILER_TOML
    return {f.path: (f.problem, f.remedy) for f in check(text.encode())}


def test_the_catalogue_lists_exactly_the_settings_there_are() -> None:
    described = {name: f.description for name, f in AmazonSettings.model_fields.items()}
    assert CATALOG["amazon"].settings == described


def test_a_marketplace_set_up_right_has_no_mistakes() -> None:
    assert found() == {}


def test_a_marketplace_needs_its_seller_and_its_place() -> None:
    mistakes = found(SETTINGS, "")
    assert mistakes["connections.1.settings.seller_id"] == (
        "is missing",
        "add it: the seller's own id (merchant token)",
    )
    assert "connections.1.settings.marketplace_id" in mistakes


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ('price_op = "add"', "price_op"),
        ("feed_latency_seconds = 5", "feed_latency_seconds"),
        ('feed_facets = ["content"]', "feed_facets.0"),
        ("fulfilled_by = []", "fulfilled_by"),
        ('seler_id = "x"', "seler_id"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, path: str) -> None:
    mistakes = found(SETTINGS, SETTINGS.replace(" }", f", {setting} }}"))
    assert list(mistakes) == [f"connections.1.settings.{path}"]


def test_a_wrong_setting_stops_the_connector_by_name() -> None:
    with pytest.raises(RejectedError) as refused:
        settings_of(retailer(price_op="add").connection("market"))
    assert (refused.value.field, refused.value.value) == ("settings.price_op", "add")


def test_a_connection_without_a_channel_is_refused() -> None:
    ours = retailer()
    alone = Retailer.model_construct(**{**dict(ours), "channels": ()})
    with pytest.raises(RejectedError, match="no channel uses connection market"):
        connect(ours.connection("market"), alone, SECRET, pacer=FreePacer(), clock=SetClock(NOW))
