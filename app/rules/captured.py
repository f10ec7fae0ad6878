"""Captured hops: which rule says what of them must not be kept."""

from app.hop.model import Hop
from app.hop.redaction import Redaction
from app.rules.decision import Miss
from app.rules.ruleset import RuleSet


def _decides(miss: Miss) -> bool:
    """Whether it counts: a rule that lets one hop through has probably done so with another."""
    return miss.redaction is not None or not (miss.rule and miss.rule.once)


def redaction_for(rules: RuleSet, hop: Hop) -> Redaction | None:
    """What is replaced in a hop that the real upstream has answered; None for nothing.

    The first offer that lets a hop through decides. Those that answer it are passed over: that it
    was captured shows that they did not.
    """
    misses = (offer for offer in rules.offers(hop) if isinstance(offer, Miss))
    return next((miss.redaction for miss in misses if _decides(miss)), None)
