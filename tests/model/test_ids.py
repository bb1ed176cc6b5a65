import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from stdnum import ean

from shared.model.ids import Gtin, Name, Sku
from tests.strategies import gtins, names, skus

GTIN, NAME, SKU = TypeAdapter[str](Gtin), TypeAdapter[str](Name), TypeAdapter[str](Sku)


@pytest.mark.parametrize(
    "code", ["96385074", "614141000036", "4006381333931", "10614141000415", "00012345678905"]
)
def test_a_gtin_of_any_length_is_kept_as_it_was_written(code: str) -> None:
    assert GTIN.validate_python(code) == code


@given(code=gtins())
def test_a_code_with_its_check_digit_is_a_gtin(code: str) -> None:
    assert GTIN.validate_python(code) == code


@given(code=st.text("0123456789", min_size=8, max_size=14))
def test_a_code_is_a_gtin_if_another_library_says_so(code: str) -> None:
    try:
        GTIN.validate_python(code)
    except ValidationError:
        assert not ean.is_valid(code)
    else:
        assert ean.is_valid(code)


@given(code=gtins(), at=st.integers(0, 13), by=st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(code: str, at: int, by: int) -> None:
    i = at % len(code)
    wrong = code[:i] + str((int(code[i]) + by) % 10) + code[i + 1 :]
    with pytest.raises(ValidationError):
        GTIN.validate_python(wrong)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "4006381333932",
        "400638133393",
        "123456789",
        "4006381-333931",
        "٤006381333931",
    ],
)
def test_what_is_no_gtin_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        GTIN.validate_python(code)


@given(sku=skus())
def test_a_sku_is_kept_as_it_was_written(sku: str) -> None:
    assert SKU.validate_python(sku) == sku


@pytest.mark.parametrize("sku", ["HAT", "H", "hat 42/L", "Größe-42", "x" * 64])
def test_a_sku_may_hold_blanks_inside_and_letters_of_any_language(sku: str) -> None:
    assert SKU.validate_python(sku) == sku


@pytest.mark.parametrize("sku", ["", " HAT", "HAT ", "HAT\n", "HAT#M", "#", "x" * 65])
def test_a_sku_that_would_break_a_key_is_refused(sku: str) -> None:
    with pytest.raises(ValidationError):
        SKU.validate_python(sku)


@given(name=names())
def test_a_name_is_small_letters_digits_and_dashes(name: str) -> None:
    assert NAME.validate_python(name) == name


@pytest.mark.parametrize("name", ["", "Shop", "1shop", "-shop", "shop.uk", "shop#1", "s" * 32])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(name)
