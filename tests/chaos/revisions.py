"""Revisions: each acknowledged change got the next one, whatever became of the others."""

from collections.abc import Iterator, Sequence

from tests.chaos.history import MUTATIONS, Call, Kind, of_kind
from tests.chaos.numbered import Given, flaws

FIRST = 1


def given(calls: Sequence[Call]) -> list[Given]:
    """The revisions that callers were told, and when."""
    return [Given(call.revision, call.start, call.end) for call in calls if call.acknowledged]


def _unseen_by_reads(changed: Sequence[Given], reads: Sequence[Given]) -> Iterator[str]:
    for read in reads:
        for change in changed:
            if change.end < read.start and change.number > read.number:
                yield f"a read of {read.number} missed {change.number}, answered before"


def check_revisions(calls: Sequence[Call]) -> Iterator[str]:
    """What is wrong with the revisions of one session."""
    mutations = of_kind(calls, *MUTATIONS)
    unknown = [call.start for call in mutations if call.unknown]
    changed, reads = given(mutations), given(of_kind(calls, Kind.READ))
    created = given(of_kind(calls, Kind.CREATE))
    for flaw in flaws(created + changed, FIRST, unknown):
        yield f"revision {flaw}"
    yield from _unseen_by_reads(changed, reads)
