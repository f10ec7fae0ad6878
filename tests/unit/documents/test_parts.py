import pytest

from app.documents.parts import MAX_VALUES, is_small, outline, size, slices


@pytest.mark.parametrize(
    ("value", "count"), [(None, 1), ([], 1), ({"a": [1, {"b": 2}]}, 5), ([[], [[]]], 4)]
)
def test_the_size_of_a_value_counts_everything_in_it(value: object, count: int) -> None:
    """Itself included, keys not."""
    assert size(value) == count


def test_a_value_is_small_up_to_the_limit() -> None:
    """Wide or deep."""
    assert is_small([0] * (MAX_VALUES - 1))
    assert not is_small([0] * MAX_VALUES)
    assert not is_small([[[0] * MAX_VALUES]])


def test_the_outline_empties_the_arrays_alone() -> None:
    """Keys and other values tell what is missing or unknown."""
    assert outline({"a": [1], "b": {"c": [2]}, "d": 3}) == {"a": [], "b": {"c": [2]}, "d": 3}


def test_slices_hold_every_item_once_and_in_order() -> None:
    """Whatever its size."""
    items = [[index] * (index % 700) for index in range(200)]
    found = list(slices({"x": 1, "a": items, "b": [1]}))
    assert [item for piece in found if piece.key == "a" for item in piece.items] == items
    assert all(items[piece.start] is piece.items[0] for piece in found if piece.key == "a")
    assert all(is_small(piece.items) for piece in found)
    assert found[-1] == ("b", 0, [1])


def test_an_item_that_is_too_large_has_a_slice_of_its_own() -> None:
    """Nothing smaller can be checked."""
    large = [0] * MAX_VALUES
    assert list(slices({"a": [1, large, 2]})) == [("a", 0, [1]), ("a", 1, [large]), ("a", 2, [2])]
