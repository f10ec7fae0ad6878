"""A policy: what becomes of the hops that no rule of priority 0 or more matched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.hop.answer import Answer
from app.hop.fingerprint import fingerprint
from app.hop.host import Host
from app.hop.model import Hop
from app.rules.decision import Blocked, Decision, Hit, Miss
from app.rules.response import answer_of


def _covers(domains: Iterable[Host], hop: Hop) -> bool:
    return any(hop.host.is_within(domain) for domain in domains)


def _blocking_outbound(document: Mapping[str, Any]) -> str:
    if document.get("externalHttp") == "strict":
        return "externalHttp: strict"
    return "defaultOnMiss: error" if document.get("defaultOnMiss") == "error" else ""


def _blocked(hop: Hop, member: str) -> Blocked:
    return Blocked(member, fingerprint(hop))


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled policy.

    blocks_inbound: whether inbound hops are blocked.
    blocks_outbound: the member by which outbound hops are blocked that are not allowed; or empty.
    blocked_hosts, allowed_hosts: domains; a block is stronger than an allowance.
    answer: with what outbound hops are mocked that are neither; None for not at all.
    """

    blocks_inbound: bool = False
    blocks_outbound: str = ""
    blocked_hosts: tuple[Host, ...] = ()
    allowed_hosts: tuple[Host, ...] = ()
    answer: Answer | None = None

    @classmethod
    def compile(cls, document: Mapping[str, Any]) -> "Policy":
        """The policy that a valid document describes."""
        default = document.get("defaultOnMiss")
        allowed = (*document.get("externalAllowlist", ()), *document.get("allowHosts", ()))
        return cls(
            document.get("internalHttp") == "strict",
            _blocking_outbound(document),
            Host.parse_all(document.get("blockHosts", ())),
            Host.parse_all(allowed),
            answer_of(document["response"]) if default == "mock" else None,
        )

    @property
    def says_nothing(self) -> bool:
        """Whether every hop is a plain miss to it."""
        return self == Policy()

    @property
    def may_block(self) -> bool:
        """Whether there are hops that it blocks."""
        return bool(self.blocks_inbound or self.blocks_outbound or self.blocked_hosts)

    def decide(self, hop: Hop) -> Decision | None:
        """What becomes of a hop; None where the policy ends in a plain miss.

        A hop without a known direction is treated as outbound.
        """
        if hop.direction == "inbound":
            return _blocked(hop, "internalHttp: strict") if self.blocks_inbound else None
        return self._decide_outbound(hop)

    def _decide_outbound(self, hop: Hop) -> Decision | None:
        if _covers(self.blocked_hosts, hop):
            return _blocked(hop, "blockHosts")
        if _covers(self.allowed_hosts, hop):
            return Miss()
        if self.blocks_outbound:
            return _blocked(hop, self.blocks_outbound)
        return Hit(self.answer.to(hop.method)) if self.answer else None
