"""The checker on what is left behind."""

from tests.chaos.evidence import CaseFile, Evidence
from tests.chaos.history import Kind
from tests.chaos.tales import SESSION, Tale


def test_what_must_not_be_left_is_found() -> None:
    """Files, keys and exit statuses, each by its name."""
    evidence = Evidence(
        strays=(".captured-x.tmp",),
        halves=("captured-y",),
        bugs=("KeyError at here",),
        leftovers=("sp:{o/s}:spans",),
        immortal=("sp:due",),
        drains=(1,),
    )
    assert Tale().judged(evidence) == [
        "a stray file: .captured-x.tmp",
        "a file was there before it was whole: captured-y",
        "a replica met a bug: KeyError at here",
        "a key that a closed session left: sp:{o/s}:spans",
        "a key without an expiry: sp:due",
        "a replica that was asked to end did with status 1",
    ]


def test_a_capture_is_listed_once_as_it_is() -> None:
    """With its number of traces, and can be read."""
    tale = Tale().uploaded("a").closed(1)
    assert tale.found("a", listed=()) == ["its capture is listed 0 times"]
    assert tale.found("a", listed=((SESSION, 1),) * 2) == ["its capture is listed 2 times"]
    assert tale.found("a", listed=((SESSION, 2),)) == ["it is listed with 2 traces, not 1"]
    [flaw] = tale.found("a", unread=(SESSION,))
    assert flaw == "its capture cannot be read back as the file has it"
    [flaw] = Tale().judged(Evidence(listed=((SESSION, 0),)))
    assert flaw == "its capture is listed, and there is no file"


def test_a_capture_that_does_not_end_is_found() -> None:
    """It is open or being closed still."""
    tale = Tale().closed()
    assert tale.found(states={SESSION: "closing"}) == ["it is closing when all is over"]
    assert tale.found(open=(SESSION,)) == ["its capture is written, and it is listed as open"]


def test_a_file_of_an_unknown_session_needs_an_unknown_creation() -> None:
    """And holds nothing, for nobody knows its id."""
    evidence = Evidence(files={"sess_x": CaseFile()}, listed=(("sess_x", 0),))
    tale = Tale()
    assert tale.judged(evidence) == ["1 files of unknown sessions, of which 0 may exist"]
    tale.told(Kind.CREATE, 0, session="", sent=("capture",))
    assert tale.judged(evidence) == []
    full = Evidence(files={"sess_x": CaseFile(spans=("a",))}, listed=(("sess_x", 1),))
    assert tale.judged(full) == ["spans in the file of a session that nobody knows"]
