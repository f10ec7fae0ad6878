"""A strict miss: what a blocked hop is answered with, so that the test's author sees why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.hop.answer import Answer
from app.hop.model import Hop
from app.hop.path import split_target
from app.rules.decision import Blocked, Fall, Fallen
from app.rules.response import answer_of

STATUS = 599
# How many query parameters are named.
MAX_NAMES = 8
ADVICE = "post a `mock` or `passthrough` rule that matches it, or a policy that lets it through"


@dataclass(frozen=True, slots=True)
class StrictMiss:
    """What becomes of a blocked hop in the end."""

    answer: Answer


def missed(hop: Hop) -> Mapping[str, str]:
    """A blocked hop as it is reported: all in normal form, the host without its port."""
    return {"method": hop.method.upper(), "host": hop.host.name, "path": hop.path}


def _request(hop: Hop) -> str:
    return f"{hop.method.upper()} {hop.host.name}{hop.path}".strip()


def _query(hop: Hop) -> str:
    """The names in the query, whose values may be secrets."""
    pieces = (split_target(hop.target)[1] or hop.query_string).split("&")
    names = [piece.partition("=")[0] for piece in pieces if piece]
    shown = "&".join(f"{name}=…" for name in names[:MAX_NAMES])
    return f"?{shown}" if shown else ""


def _fallen(hop: Hop, fallen: Fallen, *, has_case: bool) -> str:
    """Why a rule that matches does not answer."""
    if fallen.fall is Fall.SPENT:
        return f"{fallen.rule} matches, but another hop has had its `consume: once`"
    if not has_case:
        return f"{fallen.rule} replays, but no case is loaded: load one"
    request = f"{_request(hop)}{_query(hop)}"
    return (
        f"{fallen.rule} replays, but no recording of the case agrees with {request} and its body: "
        "what may differ belongs in the rule's `ignore`"
    )


def _reasons(
    hop: Hop, blocked: Blocked, fallen: Sequence[Fallen], *, has_case: bool
) -> Iterator[str]:
    if fallen:
        yield _fallen(hop, fallen[0], has_case=has_case)
        return
    if has_case:
        yield "a case is loaded, but no `replay` rule matches"
    if blocked.nearest:
        yield blocked.nearest
    yield ADVICE


def strict_miss(
    hop: Hop, blocked: Blocked, fallen: Sequence[Fallen] = (), *, has_case: bool = False
) -> StrictMiss:
    """The end of a hop that the policy blocks, as the contract words it.

    fallen: the offers before the block, the strongest first. has_case: whether a case is loaded.
    """
    reasons = "; ".join(_reasons(hop, blocked, fallen, has_case=has_case))
    message = (
        f"no rule answers {_request(hop)} and the policy's `{blocked.member}` blocks it: {reasons}"
    )
    body = {
        "error": "strict_miss",
        "message": message,
        "sessionId": hop.session_id,
        "requestFingerprint": blocked.fingerprint,
        **missed(hop),
    }
    headers = {"x-softprobe-strict-miss": "1"}
    return StrictMiss(
        answer_of({"status": STATUS, "headers": headers, "body": body}).to(hop.method)
    )
