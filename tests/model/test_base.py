"""What both kinds of models have in common."""

from functools import cached_property

import pytest
from pydantic import ValidationError

from shared.model.base import Canonical, Foreign, as_json, part


class Ours(Canonical):
    email: int


class Theirs(Foreign):
    email: int


@part
class Line:
    email: int
    note: str = ""


class Whole(Canonical):
    lines: tuple[Line, ...]


class Cached(Ours):
    @cached_property
    def doubled(self) -> int:
        return 2 * self.email


@pytest.mark.parametrize("model", [Ours, Theirs])
def test_the_text_of_an_error_does_not_show_what_was_read(model: type[Ours | Theirs]) -> None:
    with pytest.raises(ValidationError) as raised:
        model.model_validate({"email": "jane@example.com"})
    assert "jane" not in str(raised.value)
    assert raised.value.errors()[0]["input"] == "jane@example.com"


def test_a_part_is_closed_where_it_is_read_and_not_shown_either() -> None:
    for wrong in ({"email": "jane@example.com"}, {"email": 1, "mail": "jane@example.com"}):
        with pytest.raises(ValidationError) as raised:
            Whole.model_validate({"lines": [wrong]})
        assert "jane" not in str(raised.value)


def test_a_part_is_written_as_it_was_read() -> None:
    said = [{"email": 1, "note": ""}, {"email": 2, "note": "late"}]
    whole = Whole.model_validate({"lines": said})
    assert whole.lines == (Line(1), Line(2, "late"))
    assert whole.model_dump(mode="json") == {"lines": said}
    assert as_json(whole.lines) == said


def test_a_copy_differs_in_what_is_said_and_in_nothing_else() -> None:
    whole = Whole(lines=(Line(1),))
    copy = whole.model_copy(update={"lines": (Line(2),)})
    assert copy == Whole(lines=(Line(2),))
    assert whole == Whole(lines=(Line(1),))
    assert copy.model_dump_json() == '{"lines":[{"email":2,"note":""}]}'


def test_two_are_equal_if_all_their_parts_are() -> None:
    assert Ours(email=1) == Ours(email=1)
    assert hash(Ours(email=1)) == hash(Ours(email=1))
    assert Ours(email=1) != Ours(email=2)
    assert Ours(email=1) != Cached(email=1)
    assert Ours(email=1) != 1


def test_what_is_cached_of_one_makes_it_no_other() -> None:
    one, other = Cached(email=1), Cached(email=1)
    assert one.doubled == 2
    assert one == other
    assert other == one
    assert other.doubled == 2
    assert one != Cached(email=2)
    vars(other)["doubled"] = 3
    assert one == other


def test_what_is_cached_of_one_is_found_anew_of_a_copy() -> None:
    one = Cached(email=1)
    assert one.doubled == 2
    assert one.model_copy(update={"email": 2}).doubled == 4
