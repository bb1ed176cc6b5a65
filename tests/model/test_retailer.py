from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.model.consistency import mistakes
from shared.model.price import PriceKind
from shared.model.retailer import Retailer
from tests.factories import make_connection, make_retailer, retailer_fields

type Change = Callable[[dict[str, Any]], None]


def test_a_retailer_without_a_mistake_has_none() -> None:
    assert mistakes(retailer_fields()) == []
    assert make_retailer().retailer == "demo"


def rename(group: str, field: str, to: object) -> Change:
    def change(fields: dict[str, Any]) -> None:
        fields[group][0][field] = to

    return change


def double(group: str) -> Change:
    def change(fields: dict[str, Any]) -> None:
        fields[group] = [*fields[group], fields[group][0]]

    return change


def own(entity: str, owner: str | None) -> Change:
    def change(fields: dict[str, Any]) -> None:
        if owner is None:
            del fields["authority"][entity]
        else:
            fields["authority"][entity] = owner

    return change


MISTAKES: list[tuple[Change, str, str]] = [
    (double("connections"), "connections.2.name", "'erp' is used twice"),
    (double("channels"), "channels.1.name", "'shop' is used twice"),
    (double("locations"), "locations.1.name", "'london' is used twice"),
    (double("price_lists"), "price_lists.1.name", "'retail' is used twice"),
    (
        rename("channels", "connection", "shpo"),
        "channels.0.connection",
        "no connection is called 'shpo'",
    ),
    (rename("channels", "erp", "sap"), "channels.0.erp", "no connection is called 'sap'"),
    (
        rename("channels", "locations", ["london", "york"]),
        "channels.0.locations.1",
        "no location is called 'york'",
    ),
    (
        rename("channels", "price_lists", ["sale"]),
        "channels.0.price_lists.0",
        "no price list is called 'sale'",
    ),
    (
        rename("locations", "external", {"wms": "1"}),
        "locations.0.external.wms",
        "no connection is called 'wms'",
    ),
    (own("shipment", "wms"), "authority.shipment", "no connection is called 'wms'"),
    (own("product", None), "authority.product", "nobody owns it"),
    (own("price", None), "authority.price", "nobody owns it"),
    (own("stock", None), "authority.stock", "nobody owns it"),
    (
        rename("channels", "currency", "EUR"),
        "channels.0.price_lists.0",
        "list 'retail' is in GBP, not in the channel's EUR",
    ),
    (
        rename("locations", "shipped_by", "wms"),
        "locations.0.shipped_by",
        "no connection is called 'wms'",
    ),
]


@pytest.mark.parametrize(("change", "path", "problem"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_mistake_is_found_where_it_is_and_says_what_to_do(
    change: Change, path: str, problem: str
) -> None:
    fields = retailer_fields()
    change(fields)
    (found,) = mistakes(fields)
    assert (found.path, found.problem) == (path, problem)
    assert found.remedy
    with pytest.raises(ValidationError) as raised:
        Retailer.model_validate(fields)
    assert f"{path}: {problem}; {found.remedy}" in str(raised.value)


def test_all_mistakes_are_told_at_once() -> None:
    fields = retailer_fields()
    for change, *_ in (MISTAKES[0], MISTAKES[5], MISTAKES[10]):
        change(fields)
    assert [mistake.path for mistake in mistakes(fields)] == [
        "connections.2.name",
        "channels.0.erp",
        "authority.product",
    ]


def test_a_reference_to_nothing_names_what_there_is() -> None:
    (found,) = mistakes(retailer_fields(authority=retailer_fields()["authority"] | {"order": "x"}))
    assert found.remedy == "known: erp, shop"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"connections": "erp", "channels": [None, "shop"], "authority": 3},
        {
            "authority": {"order": 3},
            "connections": [{"name": 1}],
            "channels": [{"price_lists": "retail", "erp": None}],
        },
    ],
)
def test_of_what_is_malformed_only_missing_owners_are_told(fields: dict[str, object]) -> None:
    paths = [mistake.path for mistake in mistakes(fields)]
    assert paths == ["authority.product", "authority.price", "authority.stock"]


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example",
        "ftp://erp.example",
        "erp.example",
        "https://user:secret@erp.example",
        "https://erp.example/?a=1",
        "https://erp.example/#top",
        "http://127.0.0.1.example",
    ],
)
def test_a_connection_is_reached_by_https_and_holds_no_secret(url: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        make_retailer(connections=[make_connection(base_url=url), make_connection(name="shop")])


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://erp.example/sap/", "https://erp.example/sap"),
        ("http://127.0.0.1:9001", "http://127.0.0.1:9001"),
        ("http://localhost:9001", "http://localhost:9001"),
        ("http://[::1]:9001", "http://[::1]:9001"),
    ],
)
def test_plain_http_reaches_only_this_machine(url: str, kept: str) -> None:
    made = make_retailer(connections=[make_connection(base_url=url), make_connection(name="shop")])
    assert made.connection("erp").base_url == kept


def test_everything_is_found_by_its_name() -> None:
    made = make_retailer()
    assert made.connection("shop").system == "shopify"
    assert made.channel("shop").erp == "erp"
    assert made.price_list("retail").currency == "GBP"
    assert [channel.name for channel in made.channels_of("shop")] == ["shop"]
    assert made.channels_of("erp") == ()


def test_a_place_has_another_name_in_each_connection() -> None:
    made = make_retailer()
    assert made.location_at("erp", "1710/171A") == "london"
    assert made.location_at("shop", "1710/171A") is None
    assert made.external_location("shop", "london") == "1"
    assert made.external_location("shop", "york") is None


def test_spans_are_given_in_seconds() -> None:
    one = make_connection(overlap_seconds=90, settle_seconds=30)
    made = make_retailer(connections=[one, make_connection(name="shop")]).connection("erp")
    assert (made.overlap, made.settle) == (timedelta(seconds=90), timedelta(seconds=30))


def test_a_system_that_is_never_called_may_own_prices_and_promotions() -> None:
    owners = retailer_fields()["authority"] | {"price": "engine", "promotion": "engine"}
    made = make_retailer(sources=[{"name": "engine"}], authority=owners)
    assert made.price_sources == ("engine",)
    assert made.tell_us == ("erp", "shop", "engine")


def test_promotions_without_an_owner_are_the_owner_of_prices_own() -> None:
    made = make_retailer()
    assert {made.price_owner(kind) for kind in PriceKind} == {"erp"}
    split = make_retailer(
        sources=[{"name": "engine"}],
        authority=retailer_fields()["authority"] | {"promotion": "engine"},
    )
    assert split.price_owner(PriceKind.PROMOTIONAL) == "engine"
    assert split.price_owner(PriceKind.COST) == "erp"
    assert split.price_sources == ("erp", "engine")


def test_what_is_read_cannot_be_owned_by_a_system_that_is_never_called() -> None:
    owners = retailer_fields()["authority"] | {"product": "engine", "promotion": "nobody"}
    found = mistakes(retailer_fields(sources=[{"name": "engine"}], authority=owners))
    assert [m.path for m in found] == ["authority.product", "authority.promotion"]
    assert found[1].remedy == "known: engine, erp, shop"


def test_a_source_is_not_a_connection_as_well() -> None:
    (found,) = mistakes(retailer_fields(sources=[{"name": "shop"}]))
    assert found.path == "sources.0.name"


def test_who_tells_the_stock_of_a_location_is_a_source_that_is_never_called() -> None:
    place = {"name": "york", "external": {"wms": "Y1"}}
    known = {"sources": [{"name": "wms"}]}
    retailer = make_retailer(
        **known, locations=[*retailer_fields()["locations"], {**place, "source": "wms"}]
    )
    assert retailer.stock_sources == ("erp", "wms")
    assert retailer.stocked_by("wms") == {"york"}
    found = mistakes(retailer_fields(**known, locations=[{**place, "source": "erp"}]))
    assert "locations.0.source" in [m.path for m in found]
