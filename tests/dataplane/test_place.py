"""Where the work on a hop is done, by how much there is of it."""

import pytest

from app.dataplane.place import (
    FEW_HEAD_BYTES,
    MANY_HEAD_BYTES,
    Place,
    farthest,
    place_for_head,
    place_for_shapes,
)
from app.hop.model import Hop

FEW, MANY = "a" * FEW_HEAD_BYTES, "a" * (MANY_HEAD_BYTES + 1)


@pytest.mark.parametrize(
    ("hop", "right"),
    [
        (Hop(target="/p?a=b", headers={"a": ("b", "c")}), Place.HERE),
        (Hop(target=FEW), Place.THREAD),
        (Hop(query_string=FEW), Place.THREAD),
        (Hop(authority=FEW), Place.THREAD),
        (Hop(headers={"a": (FEW,)}), Place.THREAD),
        (Hop(headers={"a": ("",) * FEW_HEAD_BYTES}), Place.THREAD),
        (Hop(target=MANY), Place.PROCESS),
        (Hop(query_string=MANY), Place.PROCESS),
        (Hop(headers={"a": (MANY,)}), Place.PROCESS),
    ],
)
def test_the_url_and_the_headers_of_a_hop_have_a_place_by_their_size(
    hop: Hop, right: Place
) -> None:
    """Many short values are for a thread, however many."""
    assert place_for_head(hop) is right


def test_shapes_have_a_place_by_their_size() -> None:
    """They are read before anything is known of them."""
    sizes = (0, FEW_HEAD_BYTES + 1, MANY_HEAD_BYTES + 1)
    assert [place_for_shapes(b"a" * size) for size in sizes] == list(Place)


def test_work_of_several_parts_is_done_where_the_largest_is() -> None:
    """Whatever their order."""
    assert farthest(Place.THREAD, Place.HERE) is Place.THREAD
    assert farthest(Place.THREAD, Place.PROCESS, Place.HERE) is Place.PROCESS
