"""Closes: exactly one is 200, nothing is taken afterwards, and no session ends by itself."""

from collections.abc import Iterator, Sequence

from tests.chaos.evidence import CaseFile
from tests.chaos.history import Call, Kind, mode_of, of_kind

# A session's renewal may lag by a hundredth of its life, and clocks are read on both sides.
LIFE_SHARE = 0.9


def _idle(calls: Sequence[Call], call: Call) -> float:
    """How long before a call's answer the session was last used for certain, in seconds."""
    used = [c.start for c in calls if c.acknowledged and c.end <= call.start]
    return call.end - max(used, default=call.end)


def _may_have_lapsed(calls: Sequence[Call], call: Call, life: float) -> bool:
    return _idle(calls, call) > life * LIFE_SHARE


def _ended_by_itself(calls: Sequence[Call], life: float) -> Iterator[str]:
    """Answers that the session does not exist, while it must."""
    closes = of_kind(calls, Kind.CLOSE)
    lapsed = False
    for call in sorted(calls, key=lambda call: call.end):
        lapsed = lapsed or _may_have_lapsed(calls, call, life)
        if call.error in ("session_not_found", "session_closed") and not lapsed:
            may_be_closed = [c for c in closes if c.acknowledged or c.unknown]
            if not any(c.start < call.end for c in may_be_closed):
                yield f"{call.kind} was told {call.error}, and nobody had closed it"
                return


def _after_the_end(calls: Sequence[Call], closed: Call) -> Iterator[str]:
    for call in calls:
        taken = call.acknowledged and not (call.kind is Kind.UPLOAD and call.amount)
        if taken and call.start > closed.end:
            yield f"{call.kind} was taken after the close had been answered"


def check_closes(calls: Sequence[Call], file: CaseFile | None, life: float) -> Iterator[str]:
    """What is wrong with the end of one session; life: of a session after its last use, in s."""
    closed = [call for call in of_kind(calls, Kind.CLOSE) if call.acknowledged]
    if len(closed) > 1:
        yield f"{len(closed)} closes were 200"
    yield from _ended_by_itself(calls, life)
    for close in closed[:1]:
        yield from _after_the_end(calls, close)
        if mode_of(calls) != "capture":
            continue
        if file is None:
            yield "the close was 200, and there is no file"
        elif close.amount != len(file.spans):
            yield f"the close said {close.amount} traces, the file has {len(file.spans)}"
