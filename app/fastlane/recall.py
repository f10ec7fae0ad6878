"""What a rule set answers, recalled: a session asks about few hops, again and again.

What it says of a first line, where that alone decides, is kept as the bytes of the answer, and so
are the answers of its rules, for as long as the replica keeps the set.
"""

from app.dataplane.compiled import CompiledRules
from app.dataplane.quick_offer import offer_by_line, quick_offer
from app.dataplane.shared_rules import SharedRules
from app.errors import ApiError
from app.fastlane.ready import DrawnHit, Ready, ReadyHit, Verdict
from app.hop.first_line import FirstLine
from app.otlp.media import Media
from app.otlp.quick import QuickQuestion
from app.rules.decision import Hit, Miss

# How many first lines are kept for a rule set, and how long their texts may be in all.
KEPT_LINES = 256
LONGEST_LINE = 512
# What one takes, or an answer beside its bytes, about, in bytes.
LINE_BYTES = 2048

_BODILESS = "HEAD"

# By a method, a host and a path, or by a whole first line; None for one that does not decide alone.
Line = tuple[str | None, ...]
Lines = dict[Line, Verdict | None]


class Recall:
    """Recalls answers in one medium.

    compiled: where the rule sets are kept. miss: what hops meet that nothing answers.
    by_line: the name within `recalled` of what is known by a method, a host and a path.
    """

    def __init__(self, compiled: CompiledRules, media: Media, miss: ApiError) -> None:
        self._compiled = compiled
        self._media = media
        self._miss = Ready.error(miss, media)
        # Names within what is kept for a set; an enum's own hash is a function of Python.
        self.by_line, self._by_way = f"lines in {media}", f"lines with their way in {media}"
        self._answers = f"answers in {media}"

    def verdict(self, shared: SharedRules, question: QuickQuestion) -> Verdict | None:
        """What a rule set answers a question; None where that is for the plain lane to say.

        Who asks first looks the question's line up in what is held as `by_line`.
        """
        line = question.way() if shared.rules.asks_way else question.line
        if line is not None:
            lines = self.lines_of(shared)
            known = lines[line] if line in lines else self.learn(shared, line)
            if known is not None:
                return known
        hop = question.hop()
        offer = quick_offer(shared.rules, hop)
        return None if offer is None else self.of_offer(shared, offer, hop.method)

    def lines_of(self, shared: SharedRules) -> Lines:
        """What is known of first lines already."""
        name = self._by_way if shared.rules.asks_way else self.by_line
        lines: Lines = shared.recalled.setdefault(name, {})
        return lines

    def learn(self, shared: SharedRules, line: Line) -> Verdict | None:
        """What the rule set says of a first line, or of the beginning of one; it is kept."""
        if sum(len(text or "") for text in line) > LONGEST_LINE:
            return None
        offer = offer_by_line(shared.rules, FirstLine._make((*line, None, None)[:5]))
        # One for all lines that get it, but for HEAD, which has no body.
        verdict = None if offer is None else self.of_offer(shared, offer, line[0] or "")
        if isinstance(verdict, DrawnHit):
            verdict = ReadyHit.of(verdict.answer, self._media)
        lines = self.lines_of(shared)
        if len(lines) < KEPT_LINES and self._compiled.grow(shared, LINE_BYTES):
            lines[line] = verdict
        return verdict

    def of_offer(self, shared: SharedRules, offer: Hit | Miss, method: str) -> Verdict:
        """What is answered of what is offered to a method; kept by rule, but for HEAD.

        The bodiless answer to HEAD is another object each time, and would fill the memory.
        """
        if not isinstance(offer, Hit):
            return self._miss
        answer = offer.answer
        if method.upper() == _BODILESS:
            return DrawnHit(answer, self._media)
        answers: dict[int, Verdict] = shared.recalled.setdefault(self._answers, {})
        # With the answer itself, so that no other one gets its id.
        if (verdict := answers.get(id(answer))) is None:
            verdict = answers[id(answer)] = ReadyHit.of(answer, self._media)
            size = verdict.form.length if isinstance(verdict, ReadyHit) else 0
            self._compiled.grow(shared, LINE_BYTES + size)
        return verdict
