"""Parts that are compared by what they hold."""

from copy import copy, deepcopy, replace
from dataclasses import dataclass, field

import pytest

from shared.frozen import frozen, slotted


@frozen
class Box:
    name: str
    sides: tuple[int, ...] = ()
    seen: dict[str, int] = field(default_factory=dict, compare=False, repr=False)


@frozen
class Crate(Box):
    pass


@frozen
class Sum:
    parts: tuple[int, ...]
    total: int = field(init=False, default=0)
    unit: str = field(kw_only=True)

    def __post_init__(self) -> None:
        self.total = sum(self.parts)  # type: ignore[misc] # while it is made


@frozen
class Nothing:
    pass


@frozen
class Door:
    width: int

    def __repr__(self) -> str:
        return f"a door of {self.width}"


def test_equal_parts_make_it_equal_and_found_again() -> None:
    assert Box("a", (1, 2)) == Box("a", sides=(1, 2), seen={"x": 1})
    assert Box("a") != Box("b")
    assert {Box("a"): 1}[Box("a")] == 1
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_another_class_is_another_thing() -> None:
    assert Box("a") != Crate("a")
    assert Box("a").__eq__(("a", ())) is NotImplemented


def test_it_shows_its_parts_unless_it_says_otherwise() -> None:
    assert repr(Box("a", (1,), {"x": 1})) == "Box(name='a', sides=(1,))"
    assert repr(Door(3)) == "a door of 3"


def test_another_is_made_with_some_parts_changed() -> None:
    box = Box("a", (1,))
    assert replace(box, name="b") == Box("b", (1,))
    assert copy(box) == deepcopy(box) == box
    with pytest.raises(TypeError, match="colour"):
        replace(box, colour="red")  # type: ignore[call-arg] # as the checker says, too


def test_nothing_but_its_parts_can_be_kept_in_it() -> None:
    with pytest.raises(AttributeError):
        setattr(Box("a"), "colour", "red")  # noqa: B010 - the type checker refuses the plain form


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    sides: tuple[int, ...] = ()


def test_it_says_the_same_as_a_frozen_dataclass() -> None:
    ours, theirs = Box("a", (1,)), Plain("a", (1,))
    assert repr(ours).removeprefix("Box") == repr(theirs).removeprefix("Plain")
    assert hash(ours) == hash(theirs)
    assert Box.__match_args__[:2] == Plain.__match_args__


def test_how_one_is_made_is_written_with_the_first_of_its_class() -> None:
    @frozen
    class Late:
        name: str

    before = vars(Late)["__init__"]
    assert [Late("a").name, Late(name="b").name] == ["a", "b"]
    assert vars(Late)["__init__"] is not before


def test_it_is_made_as_its_parts_say() -> None:
    assert (Sum((1, 2), unit="each").total, Sum((3,), unit="each").total) == (3, 3)
    assert Box("a").seen is not Box("a").seen
    with pytest.raises(TypeError, match=r"Sum\.__init__\(\) missing .* 'unit'"):
        Sum((1,))  # type: ignore[call-arg] # as the checker says, too
    with pytest.raises(TypeError, match=r"Nothing\.__init__\(\) takes 1 positional argument"):
        Nothing(1)  # type: ignore[call-arg] # as the checker says, too


@slotted
class Basket:
    owner: str
    items: list[str] = field(default_factory=list)


@slotted
class Hamper(Basket):
    lid: bool = False


def test_what_changes_is_compared_by_what_it_holds_now_and_is_no_key() -> None:
    one, other = Basket("ada"), Basket("ada")
    assert one == other
    one.items.append("tea")
    one.owner = "bo"
    assert (one, repr(one)) == (Basket("bo", ["tea"]), "Basket(owner='bo', items=['tea'])")
    assert (one != other, other.items) == (True, [])
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
    with pytest.raises(AttributeError):
        setattr(one, "colour", "red")  # noqa: B010 - the type checker refuses the plain form


def test_more_parts_follow_those_of_what_it_builds_on() -> None:
    assert Hamper("ada", ["tea"], lid=True) == Hamper("ada", items=["tea"], lid=True)
    assert (Hamper("ada").items, Hamper("ada").lid) == ([], False)
