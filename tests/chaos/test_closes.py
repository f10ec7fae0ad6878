"""The checker on closes."""

from tests.chaos.history import Kind
from tests.chaos.tales import LIFE, Tale


def test_one_200_among_409_is_clean() -> None:
    """So is none, if a close had no answer."""
    refused = {"error": "session_closed"}
    assert Tale().closed().told(Kind.CLOSE, 409, **refused).found() == []
    assert Tale().told(Kind.CLOSE, 0).told(Kind.CLOSE, 409, **refused).found() == []


def test_two_200_are_found() -> None:
    """Whatever the file holds."""
    assert Tale().closed().closed().found()[0] == "2 closes were 200"


def test_a_session_that_ended_by_itself_is_found() -> None:
    """A 409 or a 404, though nobody had closed it and its life was not over."""
    [flaw] = Tale().told(Kind.CLOSE, 409, error="session_closed").found()
    assert flaw == "close was told session_closed, and nobody had closed it"
    [flaw] = Tale("replay").told(Kind.READ, 404, error="session_not_found").judged()
    assert flaw == "read was told session_not_found, and nobody had closed it"


def test_a_session_may_lapse() -> None:
    """Once it has not been used for so long."""
    tale = Tale().told(Kind.READ, 404, error="session_not_found", at=LIFE + 1)
    assert tale.found() == []


def test_a_refused_close_does_not_explain_an_end() -> None:
    """One that was answered 503 by the destination has closed nothing."""
    tale = Tale().told(Kind.CLOSE, 503, error="capture_store_unavailable")
    [flaw] = tale.told(Kind.CLOSE, 409, error="session_closed").found()
    assert "nobody had closed it" in flaw


def test_a_slow_close_does_not_explain_an_end() -> None:
    """Where the sweeper has finished it, its caller is told so."""
    [flaw] = Tale().told(Kind.CLOSE, 409, error="session_closed", until=12).found()
    assert "nobody had closed it" in flaw


def test_what_is_taken_after_a_close_is_found() -> None:
    """An upload or a change that came when the close had been answered."""
    assert Tale().closed(1).uploaded("a").found("a") == [
        "upload was taken after the close had been answered"
    ]
    tale = Tale("replay").closed().posted(Kind.RULES, "1", 2)
    assert tale.judged() == ["rules was taken after the close had been answered"]


def test_an_upload_that_overlaps_a_close_is_clean() -> None:
    """If it is in the file."""
    assert Tale().closed(1, at=5, until=7).uploaded("a", at=6, until=8).found("a") == []


def test_another_number_of_traces_is_found() -> None:
    """The close's answer agrees with the file."""
    assert Tale().uploaded("a").closed(2).found("a") == ["the close said 2 traces, the file has 1"]


def test_a_close_without_a_file_is_found() -> None:
    """Of an empty capture too."""
    assert Tale().closed().judged() == ["the close was 200, and there is no file"]


def test_a_bug_s_answer_is_found() -> None:
    """A 500, or a status that such a call never has."""
    assert Tale().told(Kind.READ, 500, error="internal_error").found() == [
        "read was answered 500 internal_error"
    ]
