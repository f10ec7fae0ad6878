"""Documents: an acknowledged change is seen by the next question, whichever replica is asked."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.chaos.history import Call, Kind, of_kind

# Which document answers a path; the policy answers whatever else there is.
ANSWERS = {"/rules": Kind.RULES, "/case": Kind.CASE, "/poll": Kind.CASE, "/policy": Kind.POLICY}
_WORDS = {"rules": Kind.RULES, "once": Kind.RULES, "case": Kind.CASE, "case-once": Kind.CASE}
_WORDS |= {"poll": Kind.CASE, "policy": Kind.POLICY}


class Answer(NamedTuple):
    """What a hop was answered by: a part of a document, its tag, and a recording's number."""

    word: str
    tag: str
    number: int = 0

    @property
    def kind(self) -> Kind:
        """The document that answered."""
        return _WORDS[self.word]


def answer_of(call: Call) -> Answer | None:
    """What an inject was answered; None for a miss, and where it is not known."""
    if not call.text:
        return None
    word, tag, *number = call.text.split(":")
    return Answer(word, tag, int(number[0]) if number else 0)


def was_answered(call: Call) -> bool:
    """Whether an inject was a hit or a miss of an open session."""
    return call.acknowledged or (call.status == 404 and call.error == "not_found")


def _stale(answer: Answer, call: Call, posted: Sequence[Call]) -> Iterator[str]:
    own = [post for post in posted if post.sent == (answer.tag,)]
    if not own or own[0].start > call.end or not (own[0].acknowledged or own[0].unknown):
        yield f"{call.sent[0]} was answered by {call.text}, which was never in force"
        return
    newer = [p for p in posted if p.acknowledged and p.end < call.start]
    newest = max((p.revision for p in newer), default=0)
    if own[0].acknowledged and newest > own[0].revision:
        revision = own[0].revision
        yield f"{call.sent[0]} was answered by {call.text} of {revision}, after {newest} was told"


def _is_in_force(calls: Sequence[Call], kind: Kind, moment: float) -> bool:
    return any(call.acknowledged and call.end < moment for call in of_kind(calls, kind))


def _overlooked(calls: Sequence[Call], call: Call, answer: Answer | None) -> Iterator[str]:
    """A document in force that should have answered a hop, and did not."""
    path = call.sent[0]
    kind = ANSWERS.get(path, Kind.POLICY)
    needed = {kind, Kind.RULES} if path == "/poll" else {kind}
    in_force = all(_is_in_force(calls, need, call.start) for need in needed)
    answered_by_own = answer is not None and (path not in ANSWERS or answer.kind is kind)
    if in_force and not answered_by_own:
        yield f"{path} was answered by {call.text or 'nothing'}, though {kind} was in force"


def check_documents(calls: Sequence[Call]) -> Iterator[str]:
    """What is wrong with what the hops of one session were answered."""
    injects = [call for call in of_kind(calls, Kind.INJECT) if was_answered(call)]
    for call in injects:
        answer = answer_of(call)
        if answer:
            yield from _stale(answer, call, of_kind(calls, answer.kind))
        yield from _overlooked(calls, call, answer)
