"""Jobs: the work on hops that a worker takes over where their bodies are large.

Each is a function of what it is given, the compiled rules being kept from one to the next.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.dataplane.payload import redacted_payloads
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.question import Question
from app.recordings.shape import Shape
from app.rules.decision import Blocked, Decision, Hit, Miss
from app.rules.literal import read_document
from app.rules.ruleset import RuleSet, compile_rules
from app.store.sessions import RuleDocuments


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


def fields(hop: Hop, ignore: Ignore, shapes: Iterable[Shape]) -> list[bytes]:
    """The fields of the case that hold recordings which agree with a hop."""
    return Question(hop, ignore).fields(shapes)


def redacted(documents: RuleDocuments, payloads: Sequence[bytes]) -> list[bytes]:
    """Spans, each in a payload of its own, as they are kept."""
    return redacted_payloads(_compiled(documents), payloads)


JOBS: Mapping[str, Callable[..., Any]] = {
    "offers": offers,
    "fields": fields,
    "redacted": redacted,
}
