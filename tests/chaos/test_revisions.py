"""The checker on revisions."""

from tests.chaos.history import Kind
from tests.chaos.tales import Tale

RULES, POLICY = Kind.RULES, Kind.POLICY


def replay() -> Tale:
    """A session whose rules were posted."""
    return Tale("replay").posted(RULES, "1", 2)


def test_consecutive_revisions_are_clean() -> None:
    """Reads between them too."""
    tale = replay().told(Kind.READ, revision=2).posted(POLICY, "2", 3).told(Kind.READ, revision=3)
    assert tale.judged() == []


def test_a_revision_given_twice_is_found() -> None:
    """Even to calls that overlapped."""
    tale = replay().posted(POLICY, "2", 3, at=5, until=6).posted(POLICY, "3", 3, at=5, until=6)
    assert tale.judged() == ["revision 3 was given out 2 times"]


def test_a_skipped_revision_is_found() -> None:
    """Where no unknown call can have got it."""
    assert replay().posted(POLICY, "2", 4).judged() == ["revision 3 was skipped"]


def test_an_unknown_call_explains_one_revision() -> None:
    """And only one, and only if it was sent in time."""
    tale = replay().posted(POLICY, "2", 0).posted(POLICY, "3", 4)
    assert tale.judged() == []
    assert tale.posted(POLICY, "4", 6).judged() == ["revision 5 was skipped"]
    late = replay().posted(POLICY, "2", 4).posted(POLICY, "3", 0)
    assert late.judged() == ["revision 3 was skipped"]


def test_a_revision_out_of_order_is_found() -> None:
    """A later call got the lower number."""
    tale = Tale("replay").posted(RULES, "1", 3).posted(POLICY, "2", 2)
    assert tale.judged() == ["revision 2 came after 3 had been answered"]


def test_a_read_that_misses_a_change_is_found() -> None:
    """One that had been acknowledged before."""
    [flaw] = replay().told(Kind.READ, revision=1).judged()
    assert flaw == "a read of 1 missed 2, answered before"


def test_a_read_beyond_what_can_be_is_found() -> None:
    """More changes than anybody asked for."""
    [flaw] = replay().told(Kind.READ, revision=3).judged()
    assert flaw == "a read of revision 3, but nobody made [3]"
    assert replay().posted(POLICY, "2", 0).told(Kind.READ, revision=3).judged() == []


def test_a_refused_change_may_not_take_a_number() -> None:
    """Such as one during a close."""
    tale = replay().told(POLICY, 503, error="close_in_progress", sent=("2",))
    assert tale.posted(POLICY, "3", 4).judged() == ["revision 3 was skipped"]
