"""What a preparing process says, read back as it was meant."""

import pytest

from app.api.frames import FRAME, prepared_frame, read_frame, refusal_frame
from app.api.preparation import Head, Prepared
from app.errors import ApiError, Detail


def read(frame: bytes) -> Prepared:
    """What a frame holds."""
    kind, length = FRAME.unpack_from(frame)
    assert len(frame) == FRAME.size + length
    return read_frame(kind, frame[FRAME.size :])


@pytest.mark.parametrize(
    "prepared",
    [Head("c", 3, "[]"), [(b"a:0", bytes(range(256))), (b"i:x", b"")], [(b"d", b"x" * 100_000)]],
    ids=["head", "part", "large"],
)
def test_a_frame_is_read_as_it_was_written(prepared: Prepared) -> None:
    """Whatever bytes there are in it."""
    assert read(prepared_frame(prepared)) == prepared


def test_a_refusal_is_raised_where_it_is_read() -> None:
    """With its name, message and places."""
    error = ApiError("invalid_body", "no", [Detail("/traces/0", "It is bad.")])
    with pytest.raises(ApiError) as raised:
        read(refusal_frame(error))
    assert raised.value.envelope() == error.envelope()
