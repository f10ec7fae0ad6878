"""Answers as bytes for the store, and back."""

import pytest

from app.hop.answer import Answer
from app.recordings.packed import pack, unpack

ANSWERS = (
    Answer(200),
    Answer(404, (("set-cookie", ("a=1", "b=2")), ("x", ("é",))), b"line\nline"),
    Answer(200, body=bytes(range(256)) * 9),
    Answer(200, body=b"x" * 100_000),
)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: len(answer.body))
def test_an_answer_comes_back_as_it_was(answer: Answer) -> None:
    """Headers with several values, any bytes, any length."""
    assert unpack(pack(answer)) == answer


def test_what_compresses_well_is_compressed() -> None:
    """And what does not is not made longer than by a line."""
    assert len(pack(ANSWERS[3])) < 1000
    assert len(pack(ANSWERS[0])) < 20
