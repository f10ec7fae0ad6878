"""Rule sets that sessions share: tests of one suite post the same rules again and again."""

from dataclasses import dataclass, field
from typing import Any

from app.rules.ruleset import RuleSet
from app.store.sessions import RuleDocuments

# What a set takes, measured: one without rules, and each byte of a document.
EMPTY_BYTES = 1500
BYTES_A_BYTE = 10

# An organisation, and the texts of its documents: rules, those of the case, policy.
Texts = tuple[str, bytes, bytes, bytes]


def texts_of(org: str, documents: RuleDocuments) -> Texts:
    """What decides which sessions share a set: they are of one organisation."""
    return org, documents.rules, documents.case_rules, documents.policy


def length(texts: Texts) -> int:
    """How much JSON the documents are, in bytes."""
    return sum(map(len, texts[1:]))


@dataclass(slots=True, eq=False)
class SharedRules:
    """The rule set of some documents.

    size: about how much memory all of it takes, in bytes.
    recalled: what the fast lane has made of it. sessions: how many that are kept have it.
    """

    texts: Texts
    rules: RuleSet
    size: int
    recalled: dict[Any, Any] = field(default_factory=dict)
    sessions: int = 0

    @classmethod
    def of(cls, texts: Texts, rules: RuleSet) -> "SharedRules":
        """The rule set that was made of some texts."""
        return cls(texts, rules, EMPTY_BYTES + BYTES_A_BYTE * length(texts))

    def documents(self, version: str, project: str) -> RuleDocuments:
        """A session's documents, which take no memory of their own.

        version: of the session's. project: the session's.
        """
        return RuleDocuments(version, *self.texts[1:], project)


class SharedSets:
    """The sets of the sessions that are kept.

    size: about how much memory they take together, in bytes.
    """

    def __init__(self) -> None:
        self._sets: dict[Texts, SharedRules] = {}
        self.size = 0

    def find(self, texts: Texts) -> SharedRules | None:
        """The set of some texts, if a session that is kept has it."""
        return self._sets.get(texts)

    def join(self, shared: SharedRules) -> None:
        """One session more has a set."""
        shared.sessions += 1
        if shared.sessions == 1:
            self._sets[shared.texts] = shared
            self.size += shared.size

    def leave(self, shared: SharedRules) -> bool:
        """One session less has it; whether it was the last."""
        shared.sessions -= 1
        if shared.sessions:
            return False
        del self._sets[shared.texts]
        self.size -= shared.size
        return True

    def grow(self, shared: SharedRules, octets: int) -> bool:
        """Count more memory for a set, if a session that is kept has it."""
        if not shared.sessions:
            return False
        shared.size += octets
        self.size += octets
        return True
