"""The quick offer: what becomes of a hop where that is certain at once and little work."""

from app.dataplane.bodies import FEW_LOOKS, FEW_STEPS
from app.dataplane.place import Place, place_for
from app.hop.first_line import FirstLine, FirstLineHop, LooksDeeperError
from app.hop.model import Hop
from app.rules.decision import Decision, Hit, Miss
from app.rules.ruleset import RuleSet


def _is_little_work(rules: RuleSet, hop: Hop) -> bool:
    """Whether the work on the hop's body is; its head is short."""
    if not (rules.reads_bodies and hop.body):
        return True
    return not hop.headers.get("content-encoding") and place_for(hop.body) is Place.HERE


def _certain(offer: Decision) -> Hit | Miss | None:
    """An offer that needs no claim and no case."""
    if type(offer) is Hit or type(offer) is Miss:
        return None if offer.rule is not None and offer.rule.once else offer
    return None


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
    return _certain(offer)


def offer_by_line(rules: RuleSet, line: FirstLine) -> Hit | Miss | None:
    """What the rules offer every hop with a first line; None where one may fare unlike another."""
    try:
        return _certain(rules.decide(FirstLineHop(line)))
    except LooksDeeperError:
        return None
