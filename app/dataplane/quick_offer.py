"""The quick offer: what becomes of a hop where that is certain at once and little work."""

from app.dataplane.bodies import FEW_LOOKS, FEW_STEPS
from app.dataplane.place import Place, place_for
from app.hop.model import Hop
from app.rules.decision import Hit, Miss
from app.rules.ruleset import RuleSet


def _is_little_work(rules: RuleSet, hop: Hop) -> bool:
    """Whether the work on the hop's body is; its head is short."""
    if not (rules.reads_bodies and hop.body):
        return True
    return not hop.headers.get("content-encoding") and place_for(hop.body) is Place.HERE


def quick_offer(rules: RuleSet, hop: Hop) -> Hit | Miss | None:
    """What the rules offer a hop; None where that takes work, a claim or the case to be certain.

    hop: one whose parts but the body are short.
    """
    if not _is_little_work(rules, hop):
        return None
    hop.steps, hop.pattern_work = FEW_STEPS, FEW_LOOKS
    offer = rules.decide(hop)
    if not (hop.steps and hop.pattern_work) or hop.given_up:
        return None
    if type(offer) is Hit or type(offer) is Miss:
        return None if offer.rule is not None and offer.rule.once else offer
    return None
