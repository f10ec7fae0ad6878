"""The checker on what hops are answered by."""

from tests.chaos.history import Kind
from tests.chaos.tales import Tale

RULES, CASE, POLICY = Kind.RULES, Kind.CASE, Kind.POLICY


def two_rules() -> Tale:
    """A session whose rules were posted twice."""
    return Tale("replay").posted(RULES, "1", 2).posted(RULES, "2", 3)


def test_the_newest_document_answers() -> None:
    """And before any, nothing."""
    tale = Tale("replay").asked("/rules", "").posted(RULES, "1", 2).asked("/rules", "rules:1")
    assert tale.judged() == []


def test_a_replaced_document_that_answers_is_found() -> None:
    """Its successor had been acknowledged before the hop came."""
    [flaw] = two_rules().asked("/rules", "rules:1").judged()
    assert flaw == "/rules was answered by rules:1 of 2, after 3 was told"


def test_a_hop_that_overlaps_the_change_may_have_either() -> None:
    """It was under way before the change was acknowledged."""
    tale = Tale("replay").posted(RULES, "1", 2).posted(RULES, "2", 3, at=5, until=7)
    assert tale.asked("/rules", "rules:1", at=6, until=8).judged() == []
    assert tale.asked("/rules", "rules:2", at=6, until=8).judged() == []


def test_an_overlooked_document_is_found() -> None:
    """A miss, or an answer by the policy, though rules were in force."""
    [flaw] = two_rules().asked("/rules", "").judged()
    assert flaw == "/rules was answered by nothing, though rules was in force"
    tale = Tale("replay").posted(POLICY, "1", 2).posted(RULES, "2", 3)
    [flaw] = tale.asked("/rules", "policy:1").judged()
    assert flaw == "/rules was answered by policy:1, though rules was in force"


def test_an_overlooked_recording_is_found() -> None:
    """Once the case is loaded and the rule that replays it is in force."""
    tale = Tale("replay").posted(CASE, "1", 2).asked("/poll", "")
    assert tale.judged() == []
    [flaw] = tale.posted(RULES, "2", 3).asked("/poll", "").judged()
    assert flaw == "/poll was answered by nothing, though load-case was in force"


def test_an_unknown_document_may_answer_but_not_come_back() -> None:
    """It may take effect at any time, once."""
    tale = two_rules().posted(RULES, "3", 0).asked("/rules", "rules:2").asked("/rules", "rules:3")
    assert tale.judged() == []
    again = tale.posted(RULES, "4", 5).asked("/rules", "rules:4").asked("/rules", "rules:3")
    assert again.judged() == ["rules 3 came back"]


def test_a_refused_document_that_answers_is_found() -> None:
    """So is one that nobody posted."""
    tale = two_rules().told(RULES, 503, sent=("3",), error="close_in_progress")
    [flaw] = tale.asked("/rules", "rules:3").judged()
    assert flaw == "/rules was answered by rules:3, which was never in force"
