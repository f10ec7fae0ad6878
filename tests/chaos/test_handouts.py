"""The checker on rules that answer once, on recordings and on counted hits."""

from tests.chaos.history import Kind
from tests.chaos.tales import Tale

LAST = "poll:1:3"


def rules() -> Tale:
    """A session with rules."""
    return Tale("replay").posted(Kind.RULES, "1", 2)


def case() -> Tale:
    """A session with a case."""
    return Tale("replay").posted(Kind.CASE, "1", 2)


def test_a_rule_that_answers_once_is_clean() -> None:
    """Then the hop is a miss."""
    assert rules().asked("/once", "once:1").asked("/once", "").judged() == []


def test_a_rule_that_answers_twice_is_found() -> None:
    """Of the session and of the case alike."""
    tale = rules().asked("/once", "once:1").asked("/once", "once:1")
    assert tale.judged() == ["a rule that answers once answered 2 times: once:1"]
    tale = case().asked("/case-once", "case-once:1").asked("/case-once", "case-once:1")
    assert tale.judged() == ["a rule that answers once answered 2 times: case-once:1"]


def test_a_rule_that_is_withheld_is_found() -> None:
    """Unless a hop whose answer was lost may have had it."""
    [flaw] = rules().asked("/once", "").judged()
    assert flaw == "once:1 was handed to nobody, and a hop was answered by nothing"
    assert rules().told(Kind.INJECT, 0, sent=("/once",)).asked("/once", "").judged() == []


def test_recordings_in_turn_are_clean() -> None:
    """The last one repeats."""
    tale = case()
    for text in ("poll:1:0", "poll:1:1", "poll:1:2", LAST, LAST):
        tale.asked("/poll", text)
    assert tale.judged() == []


def test_a_recording_handed_out_twice_is_found() -> None:
    """Each but the last one comes once."""
    tale = case().asked("/poll", "poll:1:0").asked("/poll", "poll:1:0")
    assert tale.judged() == ["recording 0 of case 1 was handed out 2 times"]


def test_a_skipped_recording_is_found() -> None:
    """Unless a hop whose answer was lost may have had it."""
    tale = case().asked("/poll", "poll:1:1")
    assert tale.judged() == ["recording 0 was skipped of case 1"]
    tale = case().told(Kind.INJECT, 503, sent=("/poll",)).asked("/poll", "poll:1:1")
    assert tale.judged() == []


def test_a_recording_out_of_order_is_found() -> None:
    """A later hop got the earlier one."""
    tale = case().asked("/poll", "poll:1:1").asked("/poll", "poll:1:0")
    assert tale.judged() == ["of case 1: recording 0 came after 1 had been answered"]


def test_hits_that_are_not_counted_are_found() -> None:
    """And those that are counted twice."""
    tale = rules().asked("/rules", "rules:1").told(Kind.READ, revision=2, amount=1)
    assert tale.judged() == []
    [flaw] = tale.told(Kind.READ, revision=2, amount=2).judged()
    assert flaw == "2 hits were counted, and there were from 1 to 1"
