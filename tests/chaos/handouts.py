"""Handouts: a rule that answers once does so once, and each recording has its turn."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.documents import Answer, answer_of, was_answered
from tests.chaos.history import Call, Kind, of_kind
from tests.chaos.numbered import Given, disordered, skipped

# How many recordings of `/poll` each loaded case has; the last one repeats.
RECORDINGS = 4
ONCE = ("once", "case-once")

Handout = tuple[Call, Answer]


def _once(handouts: Sequence[Handout]) -> Iterator[str]:
    times = Counter(call.text for call, answer in handouts if answer.word in ONCE)
    for text, count in times.items():
        if count > 1:
            yield f"a rule that answers once answered {count} times: {text}"


def _turns(given: Sequence[Given], unknown: Sequence[float], tag: str) -> Iterator[str]:
    times = Counter(one.number for one in given)
    for number, count in times.items():
        if count > 1 and number < RECORDINGS - 1:
            yield f"recording {number} of case {tag} was handed out {count} times"
    yield from disordered(given, f"of case {tag}: recording ")
    for flaw in skipped(given, 0, unknown):
        yield f"recording {flaw} of case {tag}"


def _recordings(handouts: Sequence[Handout], unknown: Sequence[Call]) -> Iterator[str]:
    by_case: dict[str, list[Given]] = defaultdict(list)
    for call, answer in handouts:
        if answer.word == "poll":
            by_case[answer.tag].append(Given(answer.number, call.start, call.end))
    polls = [call.start for call in unknown if call.sent == ("/poll",)]
    for tag, given in by_case.items():
        yield from _turns(given, polls, tag)


def _withheld(calls: Sequence[Call], injects: Sequence[Call]) -> Iterator[str]:
    """A rule that answers once, in force and not handed out, that a hop did not get."""
    posts = of_kind(calls, Kind.RULES)
    if any(post.unknown for post in posts):
        return
    for call in injects:
        if call.sent != ("/once",) or call.text.startswith("once:"):
            continue
        before = [p for p in posts if p.acknowledged and p.end < call.start]
        if not before or len(before) < sum(p.acknowledged and p.start < call.end for p in posts):
            continue
        text = f"once:{max(before, key=lambda post: post.revision).sent[0]}"
        others = [c for c in of_kind(calls, Kind.INJECT) if c.sent == ("/once",)]
        if not any((c.unknown or c.text == text) and c.start < call.end for c in others):
            yield f"{text} was handed to nobody, and a hop was answered by {call.text or 'nothing'}"


def check_handouts(calls: Sequence[Call]) -> Iterator[str]:
    """What is wrong with what one session handed out."""
    injects = of_kind(calls, Kind.INJECT)
    handouts = [(call, answer) for call in injects if (answer := answer_of(call))]
    unknown = [call for call in injects if call.unknown]
    yield from _once(handouts)
    yield from _recordings(handouts, unknown)
    yield from _withheld(calls, [call for call in injects if was_answered(call)])
