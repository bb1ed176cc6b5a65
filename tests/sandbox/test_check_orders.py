"""`shelfwire check` on what a file says of orders."""

import pytest

from tests.sandbox.test_check import GOOD, found_in


@pytest.mark.parametrize(
    ("rule", "path", "problem"),
    [
        ('channels = ["shpo"]', "order_rules.0.channels.0", "no channel is called 'shpo'"),
        ('ship_from = "york"', "order_rules.0.ship_from", "no location is called 'york'"),
        ('customer = "make"', "order_rules.0.customer", "is not one of the choices"),
        ('countries = ["UK "]', "order_rules.0.countries.0", "string should match pattern"),
        (
            'tax_codes = [{ percent = 20.0, code = "1" }]',
            "order_rules.0.tax_codes.0.percent",
            "is a binary fraction",
        ),
        (
            'tax_codes = [{ percent = "20", code = "1" }, { percent = "20.0", code = "2" }]',
            "order_rules.0.tax_codes",
            "names a rate twice",
        ),
        ('shiping_condition = "02"', "order_rules.0.shiping_condition", "is not known here"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_told_by_its_place(
    rule: str, path: str, problem: str
) -> None:
    found = found_in(f"{GOOD}\n[[order_rules]]\n{rule}\n")
    assert problem in found[path].problem
    assert found[path].line is not None


def test_a_misspelt_word_is_guessed() -> None:
    found = found_in(f'{GOOD}\n[[order_rules]]\nshiping_condition = "02"\n')
    assert found["order_rules.0.shiping_condition"].remedy == "did you mean 'shipping_condition'?"


def test_where_goods_leave_must_have_a_name_in_the_erp_that_is_told() -> None:
    place = '\n[[locations]]\nname = "york"\nexternal = { shop = "gid://shopify/Location/2" }\n'
    rule = '[[order_rules]]\nship_from = "york"\n'
    found = found_in(f"{GOOD}{place}{rule}")
    assert found["order_rules.0.ship_from"].problem == "'york' has no name in 'erp'"
    assert "order_rules.0.ship_from" in found_in(f"{GOOD}{place}{rule}channels = []\n")


def test_rules_that_can_be_followed_are_fine() -> None:
    rule = 'ship_from = "london"\nchannels = ["shop"]\ncountries = ["GB"]\ncustomer = "match"\n'
    assert found_in(f"{GOOD}\n[[order_rules]]\n{rule}") == {}


def test_mails_name_channels_there_are_and_say_what_can_be_said() -> None:
    said = '\n[notices]\nsender = "a@b.example"\nsince = 2026-11-01T00:00:00Z\n'
    words = '\n[notices.texts.shipped]\nsubject = "{order}"\nbody = "{amount}"\n'
    assert found_in(f'{GOOD}{said}channels = {{ shop = ["shipped"] }}\n') == {}
    found = found_in(f'{GOOD}{said}channels = {{ shpo = ["shipped"] }}\n{words}')
    assert found["notices.channels.shpo"].problem == "no channel is called 'shpo'"
    assert "shipped.body: no placeholder {amount}" in found["notices.texts"].problem


def test_freight_and_an_article_cannot_share_a_code() -> None:
    codes = 'tax_codes = [{ percent = "20", code = "1", freight = true, skus = ["MISC"] }]'
    found = found_in(f"{GOOD}\n[[order_rules]]\n{codes}\n")
    assert "freight is of no article here" in found["order_rules.0.tax_codes"].problem


def test_payouts_are_read_for_books_that_compare_them() -> None:
    wanted = GOOD.replace('secret = "shop"\n', 'secret = "shop"\nsettings = { payouts = true }\n')
    assert wanted != GOOD
    found = found_in(wanted)["connections.1.settings.payouts"]
    assert (found.problem, found.remedy) == (
        "nothing compares payouts",
        "set payout_days in [books]",
    )
    assert found_in(f"{wanted}\n[books]\npayout_days = 5\n") == {}


@pytest.mark.parametrize("release_when", ["authorised", "captured"])
def test_no_order_waits_for_payments_that_its_channel_never_tells(release_when: str) -> None:
    said = f'{GOOD}\norders = {{ release_when = "{release_when}" }}\n'
    assert found_in(said) == {}
    found = found_in(said.replace('system = "shopify"', 'system = "amazon"'))
    mistake = found["channels.0.orders.release_when"]
    assert (mistake.value, mistake.remedy) == (release_when, "write 'placed', or leave it out")
    assert "held for good" in mistake.problem


def test_how_payments_are_told_is_a_choice_of_two() -> None:
    found = found_in(f'{GOOD}\norders = {{ payments = "never" }}\n')["channels.0.orders.payments"]
    assert found.value == "never"
    assert "told" in found.remedy
