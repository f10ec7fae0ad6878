"""The decider: offers are taken in order, less what other hops have had before."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from app.dataplane.compiled import Compiled
from app.dataplane.decider import Decider
from app.dataplane.shared_rules import SharedRules, texts_of
from app.dataplane.worker import Worker
from app.errors import ApiError
from app.hop.answer import Answer
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.fields import parts
from app.recordings.index import Field, Index
from app.recordings.packed import pack
from app.rules.decision import Blocked, Decision, Fall, Fallen, Hit, Layer, Miss, Replay, RuleRef
from app.rules.strict_miss import StrictMiss, strict_miss
from app.store.faults import call_deadline
from app.store.hits import HitStore
from app.store.sessions import RuleDocuments, SessionStore
from tests.store.sample import KEYS, ORG, SESSION, TTL, create, load, post_rules, version

EVERYTHING = Ignore()


@dataclass
class Offers:
    """A rule set that offers what it was given, then a miss."""

    decisions: list[Decision]
    reads_bodies = False
    asked: int = 0

    def explained_offers(self, _hop: Hop) -> list[Decision]:
        """The offers for any hop."""
        self.asked += 1
        return [*self.decisions, Miss()]


@dataclass
class Rules:
    """Compiled rules of one version after another, the last one for good.

    A version that is empty is that of the session's documents.
    """

    client: Redis
    sets: list[tuple[str, Offers]] = field(default_factory=list)

    async def current(
        self,
        _org: str,
        _session_id: str,
        _deadline: asyncio.Timeout | None = None,
        _project: str = "",
    ) -> Compiled:
        """The next version's."""
        held, offers = self.sets.pop(0) if self.sets[1:] else self.sets[0]
        documents = RuleDocuments(held or await version(self.client), b"", b"", b"{}")
        shared = SharedRules(texts_of("o", documents), offers, 0)  # type: ignore[arg-type]
        return Compiled(documents, shared)


def decider(client: Redis, *decisions: Decision) -> Decider:
    """A decider whose rules make these offers."""
    return among(client, ("", Offers(list(decisions))))


def among(client: Redis, *sets: tuple[str, Offers]) -> Decider:
    """A decider whose rules are replaced each time that it looks."""
    rules = Rules(client, list(sets))
    return Decider(rules, SessionStore(client, TTL), HitStore(client, TTL), Worker())  # type: ignore[arg-type]


async def decided(by: Decider, asked: Hop) -> Hit | StrictMiss | Miss:
    """What becomes of a hop."""
    async with call_deadline() as deadline:
        return await by.decide(ORG, asked, deadline)


def hop(path: str = "/p", **more: object) -> Hop:
    """A hop of the sample session."""
    base = {"session_id": SESSION, "direction": "outbound", "method": "GET", "authority": "h"}
    return Hop(target=path, **(base | more))  # type: ignore[arg-type]


def rule(index: int = 0, *, once: bool = True) -> RuleRef:
    """A rule of the session."""
    return RuleRef(Layer.SESSION, index, once=once)


def mock(body: str, ref: RuleRef | None = None) -> Hit:
    """A hit with this body."""
    return Hit(Answer(200, body=body.encode()), ref)


def said(decision: Hit | StrictMiss | Miss) -> str:
    """A decision in a word: a hit's body, or what it is."""
    if isinstance(decision, Hit):
        return decision.answer.body.decode()
    return type(decision).__name__.lower()


async def load_answers(client: Redis, *recordings: tuple[Hop, str]) -> None:
    """Load a case of these hops with these bodies."""
    index = Index(EVERYTHING)
    fields: list[Field] = []
    for number, (recorded, body) in enumerate(recordings):
        index.add(number, recorded)
        fields.append((b"a:%d" % number, pack(Answer(200, body=body.encode()))))
    for part in parts([*fields, *index.fields()]):
        await load(client, *(octets for pair in part for octets in pair))


async def test_a_lost_claim_leaves_the_hop_to_the_next_offer(client: Redis) -> None:
    """In the same call; the hit that is given in the end is counted once."""
    await create(client, "replay")
    by = decider(client, mock("first", rule(1)), mock("second", rule(0)), mock("many"))
    assert [said(await decided(by, hop())) for _ in range(4)] == [
        "first",
        "second",
        "many",
        "many",
    ]
    assert await client.hget(KEYS.session, "injectedSpans") == b"4"


async def test_a_miss_may_be_claimed_too(client: Redis) -> None:
    """A passthrough once lets one hop through and is then as if absent."""
    await create(client, "replay")
    by = decider(client, Miss(rule()), mock("later"))
    assert [said(await decided(by, hop())) for _ in range(3)] == ["miss", "later", "later"]
    assert await client.hget(KEYS.session, "injectedSpans") == b"2"


async def test_a_recording_answers_and_else_the_next_offer_does(client: Redis) -> None:
    """A rule without a recording that agrees is as if absent."""
    await create(client, "replay")
    await load_answers(client, (hop("/job"), "pending"), (hop("/job"), "done"))
    by = decider(client, Replay(EVERYTHING, rule(once=False)), mock("other"))
    paths = ("/job", "/else", "/job", "/job")
    assert [said(await decided(by, hop(path))) for path in paths] == [
        "pending",
        "other",
        "done",
        "done",
    ]
    assert await client.hget(KEYS.session, "injectedSpans") == b"4"


async def test_a_replay_rule_that_answers_once_is_spent_by_a_recording_only(
    client: Redis,
) -> None:
    """A hop for which no recording agrees leaves it for the next one."""
    await create(client, "replay")
    await load_answers(client, (hop("/job"), "one"), (hop("/job"), "two"))
    by = decider(client, Replay(EVERYTHING, rule()), mock("other"))
    paths = ("/else", "/job", "/job")
    assert [said(await decided(by, hop(path))) for path in paths] == ["other", "one", "other"]


async def test_a_redacted_recording_answers_a_hop_with_the_secret(client: Redis) -> None:
    """The shapes of the recordings are regarded, at the cost of one more question."""
    await create(client, "replay")
    recorded = hop(method="POST", body=b'{"card":"[redacted]","amount":5}')
    await load_answers(client, (recorded, "paid"))
    by = decider(client, Replay(EVERYTHING, rule(once=False)))
    bodies = (b'{"amount":5,"card":"4000"}', b'{"amount":6,"card":"4000"}', b'{"amount":5}')
    found = [said(await decided(by, hop(method="POST", body=body))) for body in bodies]
    assert found == ["paid", "miss", "miss"]


async def test_a_recording_for_head_has_no_body(client: Redis) -> None:
    """Whatever was recorded."""
    await create(client, "replay")
    await load_answers(client, (hop(method="HEAD"), "body"))
    by = decider(client, Replay(EVERYTHING, rule(once=False)))
    assert said(await decided(by, hop(method="head"))) == ""


Change = Callable[[Redis], Awaitable[object]]


@pytest.mark.parametrize("change", [load, post_rules])
@pytest.mark.parametrize("old", [mock("old", rule()), Replay(EVERYTHING, rule())])
async def test_a_hop_is_decided_again_when_its_documents_were_replaced(
    client: Redis, change: Change, old: Decision
) -> None:
    """The claim of an old rule takes nothing from the new one in its place."""
    await create(client, "replay")
    await change(client)
    stale, fresh = Offers([old]), Offers([mock("new", rule())])
    by = among(client, ("1-lost", stale), ("", fresh))
    assert said(await decided(by, hop())) == "new"
    assert (stale.asked, fresh.asked) == (1, 1)
    assert await client.hget(KEYS.session, "injectedSpans") == b"1"


async def test_a_block_is_counted_and_told(client: Redis) -> None:
    """With the hop that missed."""
    await create(client, "replay")
    by = decider(client, Blocked("blockHosts", "0"))
    assert said(await decided(by, hop())) == "strictmiss"
    held = await client.hmget(KEYS.session, "strictMisses", "lastStrictMiss")
    assert held == [b"1", b'{"method":"GET","host":"h","path":"/p"}']


async def test_a_block_tells_what_became_of_the_rules_before_it(client: Redis) -> None:
    """The strongest one: spent, or without a recording."""
    await create(client, "replay")
    block = Blocked("blockHosts", "0", "nearest")
    replay = Replay(EVERYTHING, rule(1, once=False))
    by = decider(client, mock("once", rule(0)), replay, block)
    assert await decided(by, hop()) == mock("once", rule(0))
    spent, none = Fallen(rule(0), Fall.SPENT), Fallen(replay.rule, Fall.NO_RECORDING)
    assert await decided(by, hop()) == strict_miss(hop(), block, [spent, none])
    by = decider(client, replay, block)
    assert await decided(by, hop()) == strict_miss(hop(), block, [none])


async def test_a_session_that_ends_meanwhile_is_not_found(client: Redis) -> None:
    """Nothing is claimed in it."""
    by = decider(client, mock("x", rule()))
    with pytest.raises(ApiError) as refused:
        await decided(by, hop())
    assert refused.value.name == "session_not_found"
    assert await client.dbsize() == 0


async def test_concurrent_hops_share_a_rule_and_the_recordings(real_client: Redis) -> None:
    """One hop has the rule, each of the first four recordings goes to one, the last to the rest."""
    await create(real_client, "replay")
    await load_answers(real_client, *((hop("/job"), str(number)) for number in range(5)))
    by = decider(real_client, mock("rule", rule()), Replay(EVERYTHING, rule(1, once=False)))
    found = await asyncio.gather(*(decided(by, hop("/job")) for _ in range(64)))
    assert Counter(map(said, found)) == {"rule": 1, "0": 1, "1": 1, "2": 1, "3": 1, "4": 59}
