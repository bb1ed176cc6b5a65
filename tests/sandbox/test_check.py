"""`shelfwire check`: every mistake of a file at once, with its place and its remedy."""

from pathlib import Path

import pytest

from sandbox.check import Finding, check, check_file
from sandbox.failures import CannotRunError

EXAMPLE = Path(__file__).resolve().parents[2] / "retailers" / "example.toml"

GOOD = """
retailer = "northwind"
home_currency = "GBP"
stage = "dev"

[authority]
product = "erp"
price = "erp"
stock = "erp"

[[connections]]
name = "erp"
system = "sap-s4hana"
base_url = "https://erp.example.com"
secret = "erp"
limits = { points_per_second = 20, bucket = 40 }

[[connections]]
name = "shop"
system = "shopify"
base_url = "https://northwind.myshopify.com"
secret = "shop"
limits = { points_per_second = 1000, bucket = 20000 }

[[locations]]
name = "london"
external = { erp = "1710/171A", shop = "gid://shopify/Location/1" }

[[price_lists]]
name = "retail"
currency = "GBP"
tax_basis = "gross"
conditions = { PR00 = "base" }

[[channels]]
name = "shop"
connection = "shop"
erp = "erp"
currency = "GBP"
tax_display = "gross"
price_lists = ["retail"]
locations = ["london"]
zone = "Europe/London"
"""


def found_in(text: str) -> dict[str, Finding]:
    return {finding.path: finding for finding in check(text.encode())}


def found_after(old: str, new: str) -> dict[str, Finding]:
    assert old in GOOD
    return found_in(GOOD.replace(old, new, 1))


def test_a_good_file_has_no_mistakes() -> None:
    assert check(GOOD.encode()) == []


def test_the_example_has_no_mistakes() -> None:
    assert check_file(EXAMPLE) == []


def test_a_file_that_cannot_be_read_is_no_mistake_of_the_retailer(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="cannot be read"):
        check_file(tmp_path / "absent.toml")


def test_broken_syntax_is_shown_with_its_line_and_column() -> None:
    (finding,) = check(b'retailer = "x"\nstage = \n')
    assert (finding.path, finding.line) == ("line 2, column 9", 2)
    assert "not TOML" in finding.problem


def test_a_file_in_another_encoding_is_refused() -> None:
    (finding,) = check(b'retailer = "\xe9"\n')
    assert finding.problem == "is not UTF-8"


def test_mistakes_of_shape_of_reference_and_of_catalogue_are_told_together() -> None:
    text = GOOD.replace('stage = "dev"', 'stage = "live"')
    text = text.replace('locations = ["london"]', 'locations = ["paris"]')
    text = text.replace('system = "shopify"', 'system = "shopifi"')
    text = text.replace("Europe/London", "Europe/Londinium")
    assert found_in(text).keys() == {
        "stage",
        "channels.0.locations.0",
        "connections.1.system",
        "channels.0.zone",
    }


def test_mistakes_come_in_the_order_of_the_file() -> None:
    text = GOOD.replace("Europe/London", "Mars").replace('"GBP"', '"gbp"', 1)
    assert [(f.path, f.line) for f in check(text.encode())] == [
        ("home_currency", 3),
        ("channels.0.zone", 43),
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "remedy"),
    [
        ('stage = "dev"', 'stge = "dev"', "stge", "did you mean 'stage'?"),
        ('stage = "dev"', "colour = 3", "colour", "known here: retailer"),
        ('product = "erp"', 'prodct = "erp"', "authority.prodct", "'product'"),
        ('name = "erp"', 'name = "ERP"', "connections.0.name", "lower-case letters"),
        ('home_currency = "GBP"', 'home_currency = "pounds"', "home_currency", "ISO 4217"),
        ('stage = "dev"', 'stage = "test"', "stage", "'sandbox', 'dev' or 'prod'"),
        ('secret = "erp"\n', "", "connections.0.secret", "add 'secret'"),
        ("bucket = 40", "bucket = 0", "connections.0.limits.bucket", "correct it"),
        (
            "points_per_second = 20, ",
            "",
            "connections.0.limits",
            "correct it",
        ),
        (
            'secret = "erp"',
            'secret = "erp"\norders_from = 2026-01-01T00:00:00',
            "connections.0.orders_from",
            "2026-01-01T00:00:00Z",
        ),
        ('erp = "erp"\n', 'erp = "er"\n', "channels.0.erp", "known: erp, shop"),
        ('stock = "erp"', 'stock = "wms"', "authority.stock", "known: erp, shop"),
        ('stock = "erp"\n', "", "authority.stock", "name the connection that does"),
        ('["retail"]', '["b2b"]', "channels.0.price_lists.0", "known: retail"),
        (
            'currency = "GBP"\ntax_basis',
            'currency = "EUR"\ntax_basis',
            "channels.0.price_lists.0",
            "name a list in GBP",
        ),
        ('erp = "1710', 'wms = "1710', "locations.0.external.wms", "known: erp, shop"),
        ('system = "sap-s4hana"', 'system = "sap-s4hanna"', "connections.0.system", "'sap-s4hana'"),
        (
            'system = "sap-s4hana"',
            'system = "oracle"',
            "connections.0.system",
            "known: amazon, sap-s4hana",
        ),
        ('connection = "shop"', 'connection = "erp"', "channels.0.connection", "a sales channel"),
        ('erp = "erp"\n', 'erp = "shop"\n', "channels.0.erp", "an ERP"),
        ('name = "shop"\nsystem', 'name = "erp"\nsystem', "connections.1.name", "each its own"),
        ('secret = "shop"', 'secret = "erp"', "connections.1.secret", "each connection its own"),
        (
            ', shop = "gid://shopify/Location/1"',
            "",
            "channels.0.locations.0",
            "add 'shop' to its `external`",
        ),
        (
            'base_url = "https://erp',
            'base_url = "http://erp',
            "connections.0.base_url",
            "correct it",
        ),
    ],
)
def test_each_mistake_has_its_place_and_its_remedy(
    old: str, new: str, path: str, remedy: str
) -> None:
    assert remedy in found_after(old, new)[path].remedy


PRICED = """
[[segments]]
name = "trade"
external = { erp = "01" }

[[tax_rates]]
region = "GB"
percent = "20"
valid_from = 2011-01-04T00:00:00Z

[[exchange_rates]]
base = "EUR"
quote = "GBP"
rate = "0.86"
valid_from = 2026-01-01T00:00:00Z

[[roundings]]
name = "charm"
currency = "GBP"
endings = [".99", ".95"]

[precedence]
order = ["kind", "price_list", "latest_start"]
"""
REDUCED = """
[[tax_rates]]
region = "GB"
percent = "5"
valid_from = 2011-01-04T00:00:00Z
"""


def test_a_file_with_rules_of_prices_has_no_mistakes() -> None:
    own = 'rounding = "charm"\nregion = "GB"\nsegment = "trade"\nzone ='
    text = GOOD.replace("zone =", own) + PRICED
    assert check(text.replace('tax_basis = "gross"', 'tax_basis = "net"').encode()) == []


@pytest.mark.parametrize(
    ("old", "new", "path", "remedy"),
    [
        ('percent = "20"', "percent = 20.5", "tax_rates.0.percent", "write it in quotes"),
        ('region = "GB"', 'region = "England"', "tax_rates.0.region", "like GB or US-CA"),
        ('quote = "GBP"', "", "exchange_rates.0.quote", "add 'quote'"),
        ('[".99"', '["x.9"', "roundings.0.endings.0", "like '.99' or '5'"),
        ('[".99"', '[".9"', "roundings.0", "correct it"),
        ('"kind", "price_list"', '"kind", "price"', "precedence.order.1", "choose 'kind'"),
        ('erp = "01"', 'sap = "01"', "segments.0.external.sap", "known: erp, shop"),
        ("[precedence]", REDUCED + "[precedence]", "tax_rates.1.valid_from", "leave one of them"),
        ("zone =", 'rounding = "charme"\nzone =', "channels.0.rounding", "known: charm"),
        ("zone =", 'segment = "b2b"\nzone =', "channels.0.segment", "known: trade"),
        ("zone =", 'segments = ["trade"]\nzone =', "channels.0.segments", "leave it out"),
        ("zone =", "scales = true\nzone =", "channels.0.scales", "leave it out"),
        (
            "zone =",
            "min_margin = { percent = 100 }\nzone =",
            "channels.0.min_margin.percent",
            "correct it",
        ),
        (
            "zone =",
            'min_margin = { percents = "5" }\nzone =',
            "channels.0.min_margin.percents",
            "did you mean 'percent'?",
        ),
        (
            'tax_basis = "gross"',
            'tax_basis = "net"',
            "channels.0.region",
            "say where the channel sells",
        ),
        (
            'tax_basis = "gross"',
            'tax_basis = "gross"\nregion = "DE"',
            "channels.0.region",
            "add [[tax_rates]] of DE",
        ),
        (
            'tax_basis = "gross"',
            'tax_basis = "gross"\nsegment = "trade"',
            "channels.0.price_lists.0",
            "add 'trade' to the channel's `segments`",
        ),
        (
            'currency = "GBP"\nendings',
            'currency = "EUR"\nendings',
            "channels.0.rounding",
            "name one that rounds GBP",
        ),
    ],
)
def test_each_mistake_in_the_rules_of_prices_has_its_place_and_its_remedy(
    old: str, new: str, path: str, remedy: str
) -> None:
    text = GOOD + PRICED
    if path == "channels.0.rounding" and "zone" not in old:
        text = text.replace("zone =", 'rounding = "charm"\nzone =')
    assert old in text
    assert remedy in found_in(text.replace(old, new, 1))[path].remedy


def test_a_setting_the_system_does_not_know_is_a_mistake() -> None:
    found = found_after('secret = "shop"', 'secret = "shop"\nsettings = { test_order = "accept" }')
    finding = found["connections.1.settings.test_order"]
    assert "has no such setting" in finding.problem
    assert finding.remedy == "did you mean 'test_orders'?"


def test_a_setting_with_a_wrong_value_is_a_mistake() -> None:
    found = found_after('secret = "shop"', 'secret = "shop"\nsettings = { order_lines = 4000 }')
    assert "less than or equal to" in found["connections.1.settings.order_lines"].problem


def test_a_setting_the_system_knows_is_none() -> None:
    assert not found_after('secret = "shop"', 'secret = "shop"\nsettings = { order_lines = 4 }')


@pytest.mark.parametrize(
    "credential",
    [
        "shpat_0123456789abcdef0123456789abcdef",
        "Bearer abc.def.ghi",
        "hunter two three",
        '{\\"client_id\\": \\"x\\"}',
        "A8f0kQz41LmN7rT2vX9cB3dE",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "0b8f7c1e-1f2a-4c3d-9e8f-7a6b5c4d3e2f",
    ],
)
def test_a_credential_in_place_of_its_name_is_found_and_not_repeated(credential: str) -> None:
    finding = found_after('secret = "shop"', f'secret = "{credential}"')["connections.1.secret"]
    assert "looks like a credential" in finding.problem
    assert credential not in str(finding)


@pytest.mark.parametrize(
    "name", ["sap", "northwind/prod/shop", "shopify-credentials-of-production"]
)
def test_the_name_of_a_secret_is_not_taken_for_a_credential(name: str) -> None:
    assert not found_after('secret = "shop"', f'secret = "{name}"')


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    found = found_after("https://erp.example.com", "https://me:hunter2@erp.example.com")
    finding = found["connections.0.base_url"]
    assert "nothing but scheme, host, port and path" in finding.problem
    assert "hunter2" not in str(finding)


def test_only_a_channel_can_be_in_shadow() -> None:
    found = found_after('secret = "erp"\n', 'secret = "erp"\nshadow = true\n')
    assert found["connections.0.shadow"].remedy == "remove it: only a channel can be in shadow"
    assert found_after('secret = "shop"\n', 'secret = "shop"\nshadow = true\n') == {}


def test_a_list_of_malformed_entries_is_not_called_empty() -> None:
    assert "connections" not in found_after('system = "sap-s4hana"\n', "")


def test_an_empty_list_is_called_empty() -> None:
    found = found_in("channels = []\n" + GOOD[: GOOD.index("[[channels]]")])
    assert "at least 1 item" in found["channels"].problem


def test_references_to_a_malformed_entry_still_resolve() -> None:
    assert found_after('base_url = "https://erp.example.com"\n', "").keys() == {
        "connections.0.base_url"
    }


def test_a_table_of_the_wrong_kind_is_one_mistake() -> None:
    start = GOOD.index("[[locations]]")
    text = 'locations = "london"\n' + GOOD[:start] + GOOD[GOOD.index("[[price_lists]]") :]
    found = found_in(text)
    assert found["locations"].problem == "input should be a valid tuple"
    assert found["channels.0.locations.0"].remedy == "known: none"


def test_a_finding_as_json_names_path_line_value_problem_and_remedy() -> None:
    finding = found_after("Europe/London", "Mars")["channels.0.zone"]
    assert finding.to_json() == {
        "path": "channels.0.zone",
        "line": 43,
        "value": "Mars",
        "problem": "no such time zone",
        "remedy": "use a name like Europe/London or UTC",
    }
