import pytest

from app.documents.session import MODES, CreateRequest, check_create
from tests.unit.documents.refusals import refused, text_of, told


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_opens_a_session(mode: str) -> None:
    """Without a policy."""
    assert check_create(text_of({"mode": mode})) == CreateRequest(mode, None)  # type: ignore[arg-type]


def test_a_policy_may_come_with_the_mode() -> None:
    """It is given back as it was sent."""
    body = text_of({"policy": {"externalHttp": "strict"}, "mode": "replay"})
    assert check_create(body) == CreateRequest("replay", {"externalHttp": "strict"})


@pytest.mark.parametrize("mode", ["record", "", "Replay", "\ud83d", "s3cr3t" * 1000])
def test_a_string_that_is_no_mode_is_invalid_mode(mode: str) -> None:
    """Half an emoji too; it is never repeated."""
    error = refused(check_create, {"mode": mode})
    assert (error.name, error.message) == (
        "invalid_mode",
        "`mode` must be one of capture, replay, generate",
    )


@pytest.mark.parametrize("mode", [None, 7, ["replay"], {}, True])
def test_a_mode_that_is_no_string_is_invalid_body(mode: object) -> None:
    """With a pointer to it."""
    assert refused(check_create, {"mode": mode}).name == "invalid_body"
    assert told(check_create, {"mode": mode}) == {
        "/mode": 'expected one of "capture", "replay", "generate"'
    }


def test_a_missing_mode_is_invalid_body() -> None:
    """Reported at the object that lacks it."""
    assert refused(check_create, {}).name == "invalid_body"
    assert told(check_create, {}) == {"": "needs the key `mode`"}


def test_an_unknown_key_is_invalid_body() -> None:
    """A misspelt policy would be lost silently."""
    assert told(check_create, {"mode": "replay", "polcy": {}}) == {
        "/polcy": "unknown key; known here: `mode`, `policy`"
    }


@pytest.mark.parametrize(
    ("policy", "place"),
    [
        (None, "/policy"),
        ({"x": 1}, "/policy/x"),
        ({"response": {"headers": {"a b": ""}}}, "/policy/response/headers/a b"),
    ],
)
def test_a_bad_policy_is_invalid_body_at_its_place(policy: object, place: str) -> None:
    """Checked as in the policy call."""
    document = {"mode": "replay", "policy": policy}
    assert refused(check_create, document).name == "invalid_body"
    assert list(told(check_create, document)) == [place]
