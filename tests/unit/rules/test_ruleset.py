import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from app.hop.answer import Answer
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.hop.redaction import Redaction
from app.rules.decision import Blocked, Decision, Hit, Layer, Miss, Replay, RuleRef
from app.rules.literal import read_document
from app.rules.ruleset import compile_rules
from tests.unit.rules import generated, reference
from tests.unit.rules.reference import Verdict

Document = dict[str, Any]

SEEDS = 20
SETS_PER_SEED = 125
HOPS_PER_SET = 40


def _verdict(decision: Decision) -> Verdict:
    """A decision in the reference's words."""
    if isinstance(decision, Blocked):
        return Verdict("block")
    ref = decision.rule
    where = (str(ref.layer), ref.index) if ref else None
    once = ref is not None and ref.once
    if isinstance(decision, Hit):
        shortest = decision.answer.delay_ms
        delays = (shortest, shortest + decision.answer.delay_spread_ms)
        return Verdict("hit", where, (decision.answer.status, *delays), once)
    if isinstance(decision, Replay):
        return Verdict("replay", where, decision.ignore, once)
    return Verdict("miss", where, decision.redaction, once)


def _told(verdict: Verdict) -> Verdict:
    """The reference's verdict with what it ignores or redacts as the code under test has it."""
    named: Any = verdict.what
    if verdict.outcome == "replay":
        paths = tuple(named.get("bodyPaths", ()))
        ignore = Ignore(tuple(named.get("query", ())), paths, named.get("body", False))
        return verdict._replace(what=ignore)
    if verdict.outcome == "miss" and named is not None:
        paths = tuple(named.get("redactBodyPaths", ()))
        return verdict._replace(what=Redaction(tuple(named["redactHeaders"]), paths))
    return verdict


def _as_read(rules: list[Document]) -> Any:
    """The rules as they come from their text."""
    return read_document(json.dumps(rules).encode())


def _seen(rules: list[Document], policy: Document, hop: Hop, verdicts: list[Verdict]) -> set[str]:
    """What occurs in a decision: its predicates, its action and the branch of the policy."""
    first = verdicts[0]
    if first.where is None:
        return {f"policy: {reference.policy_branch(policy, hop)}"}
    layer, index = first.where
    rule = rules[index]
    sign = "negative" if rule.get("priority", 0) < 0 else "positive"
    action = rule["then"]["action"]
    return {layer, sign, f"once: {first.once}", f"action: {action}", *rule["when"]}


OFTEN = {
    *generated.CHOICES,
    *(f"action: {action}" for action in generated.ACTIONS),
    *(f"policy: {branch}" for branch in reference.POLICY_BRANCHES),
    *("session", "case", "negative", "positive", "once: True", "once: False"),
}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_decision_is_the_one_that_the_contract_words(seed: int) -> None:
    """Over 100,000 random pairs of rules with a policy, and a hop, and each kind of them often."""
    chance, seen = random.Random(seed), Counter[str]()
    for _ in range(SETS_PER_SEED):
        hops = [generated.hop(chance) for _ in range(HOPS_PER_SET)]
        session, case = (
            [
                generated.rule(chance, chance.choice(hops))
                for _ in range(chance.choice([0, 1, 3, 12]))
            ]
            for _ in "sc"
        )
        policy = generated.policy(chance)
        rules = compile_rules(_as_read(session), _as_read(case), policy)
        for hop in hops:
            expected = reference.offers(session, case, policy, hop)
            offers = [_verdict(offer) for offer in rules.offers(hop)]
            assert offers == [_told(verdict) for verdict in expected], (session, case, policy, hop)
            is_session = expected[0].where and expected[0].where[0] == "session"
            seen.update(_seen(session if is_session else case, policy, hop, expected))
    assert {what: seen[what] for what in OFTEN if seen[what] < 20} == {}


def _mock(status: int, when: Document | None = None, **more: Any) -> Document:
    then = {"action": "mock", "response": {"status": status}}
    return {"when": when or {}, "then": then, **more}


def _passthrough(**more: Any) -> Document:
    return {"when": {}, "then": {"action": "passthrough"}, **more}


def _decide(
    session: list[Document],
    case: Sequence[Document] = (),
    policy: Document | None = None,
    hop: Hop | None = None,
) -> Decision:
    return compile_rules(session, case, policy or {}).decide(hop or Hop())


def _status(decision: Decision) -> int:
    assert isinstance(decision, Hit)
    return decision.answer.status


def test_the_highest_priority_wins() -> None:
    """Before layer and position; a missing one is 0."""
    session = [_mock(201), _mock(202, priority=-1)]
    assert _status(_decide(session, [_mock(203, priority=1)])) == 203
    assert _status(_decide(session)) == 201


def test_on_a_tie_the_sessions_rule_wins_over_the_cases() -> None:
    """Wherever either stands."""
    assert _status(_decide([_mock(201)], [_mock(202), _mock(203)])) == 201


def test_on_a_tie_within_a_layer_the_later_entry_wins() -> None:
    """In both layers."""
    assert _status(_decide([_mock(201), _mock(202)])) == 202
    assert _status(_decide([], [_mock(201), _mock(202)])) == 202


def test_without_any_document_every_hop_is_a_miss() -> None:
    """That no rule made."""
    assert compile_rules([], [], {}).decide(Hop()) == Miss()


def test_a_decision_names_the_rule_behind_it() -> None:
    """By layer, index and its author's name."""
    named = _mock(201, id="a", name="b")
    assert _decide([_passthrough(), named]).rule == RuleRef(Layer.SESSION, 1, "a")  # type: ignore[union-attr]
    assert _decide([], [_passthrough(name="b")]) == Miss(RuleRef(Layer.CASE, 0, "b"))


STRICT = {"externalHttp": "strict"}


def test_a_rule_of_priority_0_is_stronger_than_any_policy() -> None:
    """A matching passthrough is a miss without the policy being asked."""
    assert _decide([_passthrough()], policy=STRICT) == Miss(RuleRef(Layer.SESSION, 0))
    assert _status(_decide([], [_mock(201)], STRICT)) == 201


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (STRICT, Blocked),
        ({"blockHosts": ["api"]}, Blocked),
        ({"defaultOnMiss": "error"}, Blocked),
        ({"externalAllowlist": ["api"]}, Miss),
        ({"defaultOnMiss": "mock", "response": {"status": 202}}, Hit),
    ],
)
def test_a_negative_rule_is_not_asked_where_the_policy_decides(
    policy: Document, outcome: type
) -> None:
    """Where it blocks, allows or mocks."""
    decision = _decide([_mock(201, priority=-1)], policy=policy, hop=Hop(authority="api"))
    assert isinstance(decision, outcome)
    assert getattr(decision, "rule", None) is None


@pytest.mark.parametrize(
    "policy",
    [{}, {"externalHttp": "allow"}, {"defaultOnMiss": "passthrough"}, {"blockHosts": ["b"]}],
)
def test_a_negative_rule_is_asked_where_the_policy_ends_in_a_plain_miss(policy: Document) -> None:
    """And only there."""
    session = [_mock(201, priority=-1), _mock(202, priority=-2)]
    assert _status(_decide(session, policy=policy, hop=Hop(authority="api"))) == 201


def test_offers_go_on_as_if_the_rule_before_were_absent() -> None:
    """Down to the one that no rule makes: the policy's, or a plain miss."""
    session = [_mock(201), _mock(202, {"path": "/x"}), _mock(203, priority=-1)]
    offers = compile_rules(session, [_mock(204)], {}).offers(Hop())
    *rules, last = offers
    assert [_status(offer) for offer in rules] == [201, 204, 203]
    assert last == Miss()
    strict = list(compile_rules(session, [_mock(204)], STRICT).offers(Hop()))
    assert [type(offer) for offer in strict] == [Hit, Hit, Blocked]


@pytest.mark.parametrize("method", ["HEAD", "head"])
def test_head_gets_no_body_from_rule_or_policy(method: str) -> None:
    """`GET` gets it, with the same status and headers."""
    then = {"action": "mock", "response": {"headers": {"x-a": "1"}, "body": "hello"}}
    session = [{"when": {"path": "/doc"}, "then": then}]
    policy = {"defaultOnMiss": "mock", "response": {"body": "hello"}}
    for target in ("/doc", "/other"):
        head = _decide(session, policy=policy, hop=Hop(method=method, target=target))
        get = _decide(session, policy=policy, hop=Hop(method="GET", target=target))
        assert isinstance(head, Hit)
        assert isinstance(get, Hit)
        assert (head.answer.status, head.answer.headers) == (get.answer.status, get.answer.headers)
        assert (head.answer.body, bool(get.answer.body)) == (b"", True)


@pytest.mark.parametrize(
    ("when", "target", "hits"),
    [
        ({"path": "/files/a%2Fb"}, "/files/a%2Fb", True),
        ({"path": "/files/a%2Fb"}, "/files/a%2fb", True),
        ({"path": "/files/a%2Fb"}, "/files/a/b", False),
        ({"pathPrefix": "/files/a/"}, "/files/a%2Fb", False),
    ],
)
def test_an_escaped_slash_is_no_slash_to_a_rule(when: Document, target: str, hits: bool) -> None:
    """The hex digits of escapes ignore case."""
    assert isinstance(_decide([_mock(201, when)], hop=Hop(target=target)), Hit) is hits


@pytest.mark.parametrize(
    ("when", "hits"),
    [
        ({"host": "[2001:db8::1]"}, True),
        ({"host": "[2001:db8::1]:8443"}, True),
        ({"host": "[2001:db8::1]:9000"}, False),
        ({"hostSuffix": "example.com"}, False),
    ],
)
def test_an_ipv6_hop_is_matched_with_its_port_only_where_the_rule_names_one(
    when: Document, hits: bool
) -> None:
    """Else the policy blocks it."""
    hop = Hop(authority="[2001:DB8::1]:8443")
    decision = _decide([_mock(201, when)], policy=STRICT, hop=hop)
    assert isinstance(decision, Hit if hits else Blocked)


def test_half_an_emoji_in_a_blocked_body_is_no_error() -> None:
    """The hop is blocked as any other."""
    decision = _decide([], policy=STRICT, hop=Hop(body=rb'{"t":"\ud83d"}'))
    assert isinstance(decision, Blocked)


def test_a_rule_that_other_tools_write_blocks_unknown_hosts() -> None:
    """One that names what it does not mean."""
    rule = {
        "name": "block-unknown",
        "priority": 1000,
        "consume": "many",
        "when": {"direction": "outbound", "notHostSuffix": [".internal", "localhost"]},
        "then": {"action": "error", "error": {"status": 599, "body": {"error": "blocked"}}},
    }
    for authority, misses in (("a.internal:80", True), ("localhost:1", True), ("a.com", False)):
        decision = _decide([rule], hop=Hop(direction="outbound", authority=authority))
        assert isinstance(decision, Miss) is misses


def _replay(ignore: Document | None = None, **more: Any) -> Document:
    named = {} if ignore is None else {"ignore": ignore}
    return {"when": {}, "then": {"action": "replay", **named}, **more}


def test_a_rule_set_knows_whether_it_redacts() -> None:
    """So that nothing is looked at again where none does."""
    then = {"action": "capture_only", "captureOnly": {"redactHeaders": []}}
    redacting = [{"priority": -5, "when": {"path": "/x"}, "then": then}]
    assert compile_rules(redacting, [], {}).redacts
    assert compile_rules([], redacting, {}).redacts
    assert not compile_rules([_mock(201), _replay()], [], {}).redacts


def test_a_policys_answer_may_be_delayed_and_coded() -> None:
    """As that of a mock."""
    response = {"status": 201, "body": "AAE=", "bodyEncoding": "base64", "delayMs": 5}
    decision = _decide([], policy={"defaultOnMiss": "mock", "response": response})
    assert decision == Hit(Answer(201, (), b"\0\1", delay_ms=5))
