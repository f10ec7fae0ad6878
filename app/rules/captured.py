"""Captured hops: which rule says what of them must not be kept."""

from collections.abc import Iterator

from app.hop.model import Hop
from app.hop.redaction import Redaction
from app.rules.decision import Miss
from app.rules.ruleset import RuleSet


def _decides(miss: Miss) -> bool:
    """Whether it counts: a rule that lets one hop through has probably done so with another."""
    return miss.redaction is not None or not (miss.rule and miss.rule.once)


def _redactions(rules: RuleSet, hop: Hop) -> Iterator[Redaction]:
    """Those of the rule that decides, and of stronger ones that may have."""
    for offer, is_sure in rules.possible_offers(hop):
        if isinstance(offer, Miss) and offer.redaction:
            yield offer.redaction
        if is_sure and isinstance(offer, Miss) and _decides(offer):
            return


def redaction_for(rules: RuleSet, hop: Hop) -> Redaction | None:
    """What is replaced in a hop that the real upstream has answered; None for nothing.

    The first offer that lets a hop through decides. Those that answer it are passed over: that it
    was captured shows that they did not. Where it is too much work to find out whether a rule
    matches, what it redacts goes as well as what the next ones do: a secret must not be kept.
    """
    redactions = list(_redactions(rules, hop))
    return Redaction.of_all(redactions) if redactions else None
