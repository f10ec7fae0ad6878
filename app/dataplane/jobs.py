"""Jobs: the work on hops that a worker takes over where they are large.

Each is a function of what it is given, the compiled rules being kept from one to the next.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from app.dataplane.payload import redacted_payloads
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.question import Question
from app.recordings.shape import read_shapes
from app.rules.decision import Blocked, Decision, Hit, Miss
from app.rules.literal import read_document
from app.rules.ruleset import RuleSet, compile_rules
from app.store.sessions import RuleDocuments


class WantedFields(NamedTuple):
    """Fields of a case in the store.

    line: that of the shapes on a hop's line; empty where they are known. recordings: those of the
    recordings that agree with the hop.
    """

    line: bytes
    recordings: list[bytes]


def _read(text: bytes) -> Any:
    return read_document(text) if text else None


def compile_documents(documents: RuleDocuments) -> RuleSet:
    """The rule set of a session's documents."""
    session = _read(documents.rules) or {"rules": ()}
    return compile_rules(
        session["rules"], _read(documents.case_rules) or (), _read(documents.policy) or {}
    )


_compiled = lru_cache(maxsize=2)(compile_documents)


def _is_sure(offer: Decision) -> bool:
    """Whether nothing can speak against an offer, so that no later one counts."""
    is_once = isinstance(offer, Hit | Miss) and offer.rule is not None and offer.rule.once
    return isinstance(offer, Hit | Blocked | Miss) and not is_once


def offers(documents: RuleDocuments, hop: Hop) -> list[Decision]:
    """What the rules offer a hop, up to the first offer that is sure."""
    made: list[Decision] = []
    for offer in _compiled(documents).explained_offers(hop):
        made.append(offer)
        if _is_sure(offer):
            break
    return made


def wanted(hop: Hop, ignore: Ignore, shapes: bytes) -> WantedFields:
    """What to look for in a case: recordings that agree with a hop.

    shapes: those of the redacted recordings on the hop's line, as the store keeps them, if known.
    """
    question = Question(hop, ignore)
    if not shapes:
        return WantedFields(question.line_field, question.fields())
    return WantedFields(b"", question.fields(read_shapes(shapes)))


def redacted(documents: RuleDocuments, payloads: Sequence[bytes]) -> list[bytes]:
    """Spans, each in a payload of its own, as they are kept."""
    return redacted_payloads(_compiled(documents), payloads)


JOBS: Mapping[str, Callable[..., Any]] = {
    "offers": offers,
    "wanted": wanted,
    "redacted": redacted,
}
