"""What a rule set answers, recalled: a session asks about few hops, again and again.

What it says of a first line, where that alone decides, is kept as the bytes of the answer, and so
are the answers of its rules, for as long as the replica keeps the set.
"""

from typing import NamedTuple

from app.dataplane.compiled import Compiled, CompiledRules
from app.dataplane.quick_offer import offer_by_line
from app.errors import ApiError
from app.fastlane.answers import error_up_to_name, head_up_to_name
from app.hop.answer import Answer
from app.hop.first_line import FirstLine
from app.otlp.hit_form import HitForm
from app.otlp.media import Media
from app.rules.decision import Hit, Miss

# How many first lines are kept for a rule set, and how long their texts may be in all.
KEPT_LINES = 256
LONGEST_LINE = 512
# What one takes, or an answer beside its bytes, about, in bytes.
LINE_BYTES = 2048

_BODILESS = "HEAD"


class ReadyHit(NamedTuple):
    """A hit to be handed out again and again.

    head: up to the request's id.
    """

    head: bytes
    answer: Answer
    form: HitForm


class ReadyMiss(NamedTuple):
    """A miss; head: up to the request's id."""

    head: bytes
    body: bytes


Ready = ReadyHit | ReadyMiss


# By a method, a host and a path, or by a whole first line.
Line = tuple[str | None, ...]
Lines = dict[Line, Ready | None]


class Recall:
    """Recalls answers in one medium.

    compiled: where the rule sets are kept. miss: what hops meet that nothing answers.
    """

    def __init__(self, compiled: CompiledRules, media: Media, miss: ApiError) -> None:
        self._compiled = compiled
        self._media = media
        head, body = error_up_to_name(miss, media)
        self._miss = ReadyMiss(head, body)
        # Names within what is kept for a set; an enum's own hash is a function of Python.
        self._lines, self._answers = f"lines in {media}", f"answers in {media}"

    def lines_of(self, held: Compiled) -> Lines:
        """What is known of first lines already: None for one that does not decide alone."""
        lines: Lines | None = held.hot.get(self._lines)
        if lines is None:
            lines = held.hot[self._lines] = {}
        return lines

    def learn(self, held: Compiled, line: Line) -> Ready | None:
        """What the rule set says of a first line, or of the beginning of one; it is kept."""
        if sum(len(text or "") for text in line) > LONGEST_LINE:
            return None
        offer = offer_by_line(held.rules, FirstLine._make((*line, None, None)[:5]))
        ready = None
        if offer is not None:
            # One for all lines that get it, but for HEAD, which has no body.
            ready = self.of_offer(held, offer, line[0] or "")
        if ready is None and isinstance(offer, Hit):
            ready = self._made(offer)
        lines = self.lines_of(held)
        if len(lines) < KEPT_LINES and self._compiled.grow(held, LINE_BYTES):
            lines[line] = ready
        return ready

    def of_offer(self, held: Compiled, offer: Hit | Miss, method: str) -> Ready | None:
        """The answer that an offer makes to a method, kept by rule; None for one of its own."""
        if not isinstance(offer, Hit):
            return self._miss
        if method.upper() == _BODILESS:
            return None
        answers: dict[int, ReadyHit] = held.hot.setdefault(self._answers, {})
        # With the answer itself, so that no other one gets its id.
        ready = answers.get(id(offer.answer))
        if ready is None and (ready := self._made(offer)):
            answers[id(offer.answer)] = ready
            self._compiled.grow(held, LINE_BYTES + ready.form.length)
        return ready

    def _made(self, offer: Hit) -> ReadyHit | None:
        """What an offer answers; None where that is another thing each time."""
        answer = offer.answer
        form = None if answer.delay_spread_ms else HitForm.of(answer, self._media)
        if form is None:
            return None
        return ReadyHit(head_up_to_name(200, self._media, form.length), answer, form)
