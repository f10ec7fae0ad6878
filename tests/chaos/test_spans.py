"""The checker on spans."""

from tests.chaos.evidence import CaseFile, Evidence
from tests.chaos.tales import SESSION, Tale


def test_a_clean_capture_is_clean() -> None:
    """Acknowledged spans stand in the file, those of an unknown upload may."""
    tale = Tale().uploaded("a", "b").uploaded("c", status=503).closed(3)
    assert tale.found("a", "b", "c") == []
    tale = Tale().uploaded("a", "b").uploaded("c", status=0).closed(2)
    assert tale.found("a", "b") == []


def test_a_lost_span_is_found() -> None:
    """One that was acknowledged and is not in the file."""
    assert Tale().uploaded("a", "b").closed(1).found("a") == ["1 spans acknowledged and lost: b"]


def test_a_retry_of_an_acknowledged_upload_does_not_excuse_its_loss() -> None:
    """Whatever became of the second try."""
    tale = Tale().uploaded("a").uploaded("a", status=503).closed()
    assert tale.found() == ["1 spans acknowledged and lost: a"]


def test_a_doubled_span_is_found() -> None:
    """Even if its upload was never acknowledged."""
    tale = Tale().uploaded("a", status=0).uploaded("a", status=0).closed(2)
    assert tale.found("a", "a") == ["1 spans doubled: a"]


def test_a_refused_span_in_the_file_is_found() -> None:
    """Unless another try of it may have been kept."""
    tale = Tale().closed(1).uploaded("a", status=404, error="session_not_found")
    assert tale.found("a") == ["1 spans refused and yet kept: a"]
    tale = Tale().uploaded("a", status=0).closed(1).uploaded("a", status=404)
    assert tale.found("a") == []


def test_spans_refused_in_part_may_be_in_or_out() -> None:
    """The answer does not say which."""
    tale = Tale().uploaded("a", "b", amount=1).closed(1)
    assert tale.found("a") == []


def test_a_span_that_nobody_sent_is_found() -> None:
    """Such as one of another session."""
    assert Tale().closed(1).found("x") == ["1 spans from nowhere: x"]


def test_a_capture_without_a_file_is_found() -> None:
    """If it had acknowledged spans; an empty one that lapsed may have none."""
    assert Tale().uploaded("a").judged() == ["1 spans acknowledged, and there is no file: a"]
    assert Tale().judged() == []


def test_a_damaged_file_is_found() -> None:
    """It need not be readable for that."""
    evidence = Evidence(files={SESSION: CaseFile(damage="cut off")}, listed=((SESSION, 0),))
    assert Tale().judged(evidence) == ["the file is damaged: cut off"]


def test_a_file_with_another_creation_is_found() -> None:
    """Its `createdAt` is the session's."""
    evidence = Evidence(files={SESSION: CaseFile("2001")}, listed=((SESSION, 0),))
    assert "created at 2001" in Tale().judged(evidence)[0]
