"""A row's body as the text it is kept as."""

from shared.model.facts import Positions, StockCard
from shared.model.movement import Book, Stream
from shared.model.stock import StockPosition
from shared.model.written import Written, read, written
from tests.domain.world import NOW

CARD = StockCard(
    source="wms",
    as_of=NOW,
    sku="HAT-M",
    positions=(StockPosition.model_validate({"location": "leeds", "unit": "PC", "on_hand": "7"}),),
    book=Book(streams={"leeds": Stream(sequence=3)}),
)


def test_a_model_is_read_as_it_was_written() -> None:
    assert read(written(CARD), StockCard) == CARD


def test_text_and_mapping_are_read_alike() -> None:
    said = CARD.model_dump(mode="json")
    assert read(said, StockCard) == read(written(CARD), StockCard)


def test_who_looks_into_it_finds_a_mapping() -> None:
    body = Written('{"state":"open","count":2}')
    assert body == {"state": "open", "count": 2}
    assert {**body, "count": 3} == {"state": "open", "count": 3}
    assert (body.get("due"), len(body)) == (None, 2)


def test_a_card_is_read_without_its_book() -> None:
    found = read(written(CARD), Positions)
    assert found.positions == CARD.positions
    assert "book" not in found.model_dump()
