import pytest

from app.documents.pointer import Place
from app.documents.position import Position, Positions

DOCUMENT = {"b": [1, {"y": 0, "x": 0}], "a": 5, "0": 6}


@pytest.mark.parametrize(
    ("place", "position"),
    [
        ((), ()),
        (("b",), (0,)),
        (("b", 1, "x"), (0, 1, 1)),
        (("a",), (1,)),
        (("0",), (2,)),
    ],
)
def test_a_position_counts_the_keys_as_they_were_written(place: Place, position: Position) -> None:
    """So that sorting by it gives the document's order."""
    assert Positions(DOCUMENT).of(place) == position


@pytest.mark.parametrize("place", [(0,), ("b", 2), ("b", 1, "z")])
def test_a_place_that_is_not_there_has_the_position_of_its_container(place: Place) -> None:
    """An approximate place is better than a failure."""
    assert Positions(DOCUMENT).of(place) == Positions(DOCUMENT).of(place[:-1])
