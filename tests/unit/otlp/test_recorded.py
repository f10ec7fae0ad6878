"""Recorded answers: every form of a status, of headers and of a body."""

import pytest

from app.otlp.recorded import recorded_answer

STATUS = "http.response.status_code"
HEADER = "http.response.header."


@pytest.mark.parametrize(
    "held",
    [
        {STATUS: 404},
        {STATUS: "404"},
        {STATUS: "", "http.status_code": 404},
        {"http.status_code": "404"},
        {f"{HEADER}:status": "404"},
    ],
)
def test_a_status_is_read_wherever_it_stands(held: dict[str, object]) -> None:
    """An integer, or its digits in a string."""
    answer = recorded_answer(held)
    assert answer
    assert answer.status == 404


@pytest.mark.parametrize(
    "status", [None, "", 0, "0", 99, 1000, "x", True, -200, "\uff12\uff10\uff10"]
)
def test_what_is_no_status_gives_no_answer(status: object) -> None:
    """There is nothing to hand out."""
    assert recorded_answer({STATUS: status, "http.response.body": "x"}) is None


@pytest.mark.parametrize("mark", [True, "true", "True"])
def test_a_truncated_hop_has_no_answer_to_hand_out(mark: object) -> None:
    """Its body is not the whole one."""
    assert recorded_answer({STATUS: 200, "sp.body.truncated": mark}) is None
    assert recorded_answer({STATUS: 200, "sp.body.truncated": False}) is not None


def test_headers_are_those_of_an_answer() -> None:
    """Of both spellings, repeated ones in order, without those that are never handed out."""
    held: dict[str, object] = {
        STATUS: 200,
        f"{HEADER}Set-Cookie": ["a=1", "b=2"],
        "http.response.headers.x-a": "1",
        f"{HEADER}connection": "x-hop",
        f"{HEADER}x-hop": "1",
        f"{HEADER}content-length": "5",
        f"{HEADER}:status": "200",
    }
    answer = recorded_answer(held)
    assert answer
    assert dict(answer.headers) == {"set-cookie": ("a=1", "b=2"), "x-a": ("1",)}


@pytest.mark.parametrize(
    "body", [{"": b"\xff"}, {"": "/w==", ".encoding": "base64"}], ids=["bytes", "base64"]
)
def test_a_body_is_its_bytes(body: dict[str, object]) -> None:
    """In either form."""
    held = {f"http.response.body{end}": value for end, value in body.items()}
    answer = recorded_answer({STATUS: 200, **held})
    assert answer
    assert answer.body == b"\xff"
