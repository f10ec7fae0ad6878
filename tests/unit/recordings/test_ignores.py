"""What replay rules ignore: collected, kept and read again."""

from app.hop.ignore import Ignore
from app.recordings.ignores import distinct, ids_of, ignores_in, read_ignores, write_ignores
from app.recordings.request import ignore_id

IGNORES = (Ignore(("a",), ("$.b",)), Ignore(body=True), Ignore())


def test_the_ignores_of_rules_are_those_of_their_replays_each_once() -> None:
    """A replay without `ignore` ignores nothing."""
    thens: list[dict[str, object]] = [
        {"action": "replay", "ignore": {"query": ["a"], "bodyPaths": ["$.b"]}},
        {"action": "passthrough"},
        {"action": "replay", "ignore": {"body": True}},
        {"action": "replay", "ignore": {"bodyPaths": ["$.b"], "query": ["a", "a"]}},
        {"action": "replay"},
    ]
    found = ignores_in({"when": {}, "then": then} for then in thens)
    assert set(map(ignore_id, found)) == set(map(ignore_id, IGNORES))
    assert len(found) == len(IGNORES)


def test_ignores_come_back_as_they_were() -> None:
    """As JSON."""
    assert read_ignores(write_ignores(IGNORES)) == IGNORES


def test_their_ids_stand_in_a_line() -> None:
    """As the scripts read them."""
    assert ids_of(IGNORES).split() == list(map(ignore_id, IGNORES))
    assert ids_of(()) == ""


def test_spellings_of_one_ignore_are_one() -> None:
    """The index would be the same."""
    assert len(distinct([Ignore(("a", "b")), Ignore(("b", "a"))])) == 1
