"""The figures of scenes, as text."""

import itertools
from collections import Counter
from collections.abc import Sequence

from tests.chaos.history import NO_ANSWER, UNREACHED, Call, Kind
from tests.chaos.scene import Outcome

_NAMES = {NO_ANSWER: "no answer", UNREACHED: "unreached"}


def _answer(call: Call) -> str:
    return " ".join(filter(None, (_NAMES.get(call.status, str(call.status)), call.error)))


def _calls(calls: Sequence[Call]) -> list[str]:
    lines = []
    for kind in Kind:
        found = Counter(_answer(call) for call in calls if call.kind is kind)
        told = ", ".join(f"{answer} {count:,}" for answer, count in found.most_common())
        lines.append(f"  {kind:<14}{found.total():>7,}  {told}")
    return lines


def longest_silence(calls: Sequence[Call]) -> float:
    """The longest time in which no call was acknowledged, in seconds."""
    ends = sorted(call.end for call in calls if call.acknowledged)
    silences = (after - before for before, after in itertools.pairwise(ends))
    return max(silences, default=0.0)


def slowest_refusal(calls: Sequence[Call]) -> float:
    """The longest time that the data plane took to answer 503, in seconds."""
    planes = (Kind.UPLOAD, Kind.INJECT)
    return max((c.end - c.start for c in calls if c.status == 503 and c.kind in planes), default=0)


def figures(outcome: Outcome) -> str:
    """What happened in a scene."""
    calls, evidence = outcome.history.calls, outcome.evidence
    faults = ", ".join(f"{fault} {count}" for fault, count in outcome.faults.most_common())
    traces = sum(len(file.spans) for file in evidence.files.values())
    head = (
        f"seed {outcome.seed}, store {outcome.kind}, {outcome.sink}: {outcome.rounds} rounds in "
        f"{outcome.loaded:.0f} s, {len(calls):,} calls; faults: {faults}"
    )
    tail = (
        f"  {len(evidence.files):,} case files with {traces:,} spans; longest time without an "
        f"acknowledged call {longest_silence(calls):.1f} s; slowest 503 of the data plane "
        f"{slowest_refusal(calls):.1f} s; violations: {len(outcome.violations)}"
    )
    return "\n".join([head, *_calls(calls), tail])


def indictment(outcome: Outcome) -> str:
    """The violations of a scene, each with the history of its session."""
    sessions = outcome.history.by_session()
    lines = []
    for session in dict.fromkeys(found.session for found in outcome.violations):
        whats = [found.what for found in outcome.violations if found.session == session]
        lines.append(f"seed {outcome.seed}, session {session or '(none)'}:")
        lines += [f"  VIOLATION: {what}" for what in whats]
        calls = sorted(sessions.get(session, []), key=lambda call: call.start)
        lines += [f"    {call.line(outcome.began)}" for call in calls]
    return "\n".join(lines)
