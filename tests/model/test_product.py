import pytest
from pydantic import ValidationError

from shared.model.product import Product
from tests.factories import make_product, make_unit, make_variant


def sized(*sizes: str) -> tuple[object, ...]:
    return tuple(make_variant(sku=f"HAT-{size}", option_values=(size,)) for size in sizes)


def test_a_product_without_options_has_one_variant() -> None:
    assert [variant.sku for variant in make_product().variants] == ["HAT-M"]


def test_a_product_with_options_has_a_variant_for_each_value() -> None:
    made = make_product(option_names=("Size",), variants=sized("M", "L"))
    assert [variant.option_values for variant in made.variants] == [("M",), ("L",)]


def test_several_variants_need_an_option_to_tell_them_apart() -> None:
    with pytest.raises(ValidationError, match="several variants need an option"):
        make_product(variants=(make_variant(), make_variant(sku="HAT-L")))


def test_a_sku_occurs_once() -> None:
    with pytest.raises(ValidationError, match="a SKU occurs twice"):
        make_product(option_names=("Size",), variants=sized("M", "M"))


@pytest.mark.parametrize("values", [(), ("M", "red")])
def test_a_variant_has_one_value_for_each_option(values: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match=f"{len(values)} option values for 1 options"):
        make_product(option_names=("Size",), variants=(make_variant(option_values=values),))


def test_every_mistake_names_the_product_or_the_variant() -> None:
    with pytest.raises(ValidationError, match="product CAP"):
        make_product(product_id="CAP", variants=(make_variant(), make_variant()))


@pytest.mark.parametrize(
    "over",
    [
        {"variants": ()},
        {"title": ""},
        {"title": "x" * 256},
        {"option_names": ("a", "b", "c", "d")},
        {"product_id": "HAT#1"},
    ],
)
def test_a_product_no_shop_could_show_is_refused(over: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_product(**over)


@pytest.mark.parametrize("over", [{"numerator": 0}, {"denominator": 0}, {"code": ""}])
def test_a_unit_holds_some_of_the_base_unit(over: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_unit(**over)


def test_a_product_that_was_read_back_is_checked_again() -> None:
    body = make_product().model_dump(mode="json")
    body["variants"] *= 2
    with pytest.raises(ValidationError, match="a SKU occurs twice"):
        Product.model_validate(body)
