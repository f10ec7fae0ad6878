"""Sightings: what was seen of a session stays so, also where nobody was told that it is kept.

A failover may take back what no caller was told, such as a change that had not reached another
server, or the count of a hit; so this is not held against a store that fails over.
"""

from collections.abc import Iterator, Sequence

from tests.chaos.documents import answer_of, was_answered
from tests.chaos.history import MUTATIONS, Call, Kind, of_kind
from tests.chaos.numbered import Given, disordered
from tests.chaos.revisions import FIRST, given


def _overtaken(changed: Sequence[Given], reads: Sequence[Given]) -> Iterator[str]:
    for read in reads:
        for change in changed:
            if read.end < change.start and change.number <= read.number:
                yield f"a change got {change.number} after {read.number} had been read"


def _unmade(calls: Sequence[Call], known: set[int], reads: Sequence[Given]) -> Iterator[str]:
    mutations = of_kind(calls, *MUTATIONS)
    for read in reads:
        made = sum(call.start < read.end for call in mutations if call.unknown)
        lacking = [n for n in range(FIRST + 1, read.number + 1) if n not in known]
        if len(lacking) > made:
            yield f"a read of revision {read.number}, but nobody made {lacking}"


def _come_back(injects: Sequence[Call], kind: Kind) -> Iterator[str]:
    """Documents that were seen again after another one had taken their place."""
    seen = [(call, found) for call in injects if (found := answer_of(call)) and found.kind is kind]
    since: dict[str, float] = {}
    for call, found in seen:
        gone = since.get(found.tag)
        if gone is not None and gone < call.start:
            yield f"{kind} {found.tag} came back"
            return
        for other, held in seen:
            if held.tag != found.tag and other.end < call.start:
                since[held.tag] = min(since.get(held.tag, call.end), call.end)


def _miscounted(calls: Sequence[Call], injects: Sequence[Call]) -> Iterator[str]:
    """Counts of hits that do not go with the hits."""
    hits = [call for call in injects if answer_of(call)]
    unknown = [call for call in injects if call.unknown]
    for read in of_kind(calls, Kind.READ):
        if read.acknowledged:
            sure = sum(call.end < read.start for call in hits)
            most = sum(call.start < read.end for call in [*hits, *unknown])
            if not sure <= read.amount <= most:
                yield f"{read.amount} hits were counted, and there were from {sure} to {most}"


def check_sightings(calls: Sequence[Call]) -> Iterator[str]:
    """What was seen of one session and was otherwise later."""
    changed, reads = given(of_kind(calls, *MUTATIONS)), given(of_kind(calls, Kind.READ))
    yield from _overtaken(changed, reads)
    yield from disordered(reads, "a read of revision ")
    yield from _unmade(calls, {one.number for one in changed}, reads)
    injects = of_kind(calls, Kind.INJECT)
    answered = sorted(filter(was_answered, injects), key=lambda call: call.start)
    for kind in (Kind.RULES, Kind.CASE, Kind.POLICY):
        yield from _come_back(answered, kind)
    yield from _miscounted(calls, injects)
