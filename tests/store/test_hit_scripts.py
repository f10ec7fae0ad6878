"""The scripts that claim rules and hand out recordings: once each, whoever asks."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from app.store import scripts
from tests.store.sample import (
    GRACE,
    KEYS,
    TTL,
    begin,
    claim,
    create,
    lapse,
    load,
    post_policy,
    post_rules,
    take,
    version,
)

ANSWERS = [field for number in range(6) for field in (b"a:%d" % number, b"answer %d" % number)]
ORDER = b"".join(number.to_bytes(4, "big") for number in (0, 2, 4, 1, 3, 0, 1))


async def load_recordings(client: Redis, *fields: bytes) -> None:
    """Load six answers, the numbers 0 2 4, 1 3 and 0 1 as runs, and some fields of the index."""
    await create(client, "replay")
    assert (await load(client, *ANSWERS, b"o:0:0", ORDER, *fields)).word == "ok"


async def taken(client: Redis, *fields: bytes, port: str = "") -> int:
    """The number of the recording that is handed out next."""
    reply = await take(client, *fields, port=port)
    assert reply.word == "ok", reply
    return int(reply.values[0].removeprefix(b"answer "))


async def test_a_rule_is_claimed_once(client: Redis) -> None:
    """The second claim finds it spent; another rule is not touched by that."""
    await create(client, "replay")
    assert [await claim(client), await claim(client)] == ["ok", "spent"]
    assert await claim(client, 1) == "ok"


async def test_a_claimed_hit_is_counted_with_its_claim(client: Redis) -> None:
    """A claimed miss and a lost claim are not."""
    await create(client, "replay")
    await claim(client)
    await claim(client)
    await claim(client, 1, hit=False)
    assert await client.hget(KEYS.session, "injectedSpans") == b"1"


async def test_of_64_concurrent_claims_one_succeeds_100_times_over(real_client: Redis) -> None:
    """On a real server, over as many connections as there are callers."""
    await create(real_client, "replay")
    for round_number in range(100):
        words = await asyncio.gather(*(claim(real_client, round_number) for _ in range(64)))
        assert Counter(words) == {"ok": 1, "spent": 63}


async def test_two_callers_racing_for_a_rule_get_it_once(client: Redis) -> None:
    """On every kind of store."""
    await create(client, "replay")
    words = await asyncio.gather(claim(client), claim(client))
    assert sorted(words) == ["ok", "spent"]


async def test_recordings_are_handed_out_in_captured_order_the_last_one_repeating(
    client: Redis,
) -> None:
    """One cursor for all callers."""
    await load_recordings(client, b"k", b"3 0 ab")
    assert [await taken(client, b"k") for _ in range(5)] == [0, 2, 4, 4, 4]
    assert await client.hget(KEYS.session, "injectedSpans") == b"5"


async def test_each_of_several_recordings_goes_to_one_of_64_callers(real_client: Redis) -> None:
    """All the others get the last one."""
    await load_recordings(real_client, b"k", b"3 0 ab")
    numbers = await asyncio.gather(*(taken(real_client, b"k") for _ in range(64)))
    assert Counter(numbers) == {0: 1, 2: 1, 4: 62}


async def test_recordings_of_several_keys_are_merged_in_captured_order(client: Redis) -> None:
    """The last one of all repeats, whichever key is its own."""
    await load_recordings(client, b"k", b"3 0 ab", b"l", b"2 3 cd")
    assert [await taken(client, b"k", b"l") for _ in range(7)] == [0, 1, 2, 3, 4, 4, 4]


async def test_what_one_key_handed_out_is_not_handed_out_again_beside_another(
    client: Redis,
) -> None:
    """A recording that was taken by its own key is over for hops that others answer too."""
    await load_recordings(client, b"k", b"1 0", b"l", b"1 1")
    assert await taken(client, b"k") == 0
    assert [await taken(client, b"l", b"k") for _ in range(2)] == [1, 1]


async def test_the_same_recordings_have_one_cursor_by_whatever_field(client: Redis) -> None:
    """Such as that of hops with a port and that of hops without."""
    await load_recordings(client, b"k", b"3 0 ab", b"l", b"3 0 ab")
    assert [await taken(client, key) for key in (b"k", b"l", b"k")] == [0, 2, 4]


async def test_a_port_counts_only_where_both_name_one(client: Redis) -> None:
    """Recordings of one port answer it and hops without a port."""
    await load_recordings(client, b"k", b"1 5 :80")
    assert await taken(client, b"k", port="80") == 5
    assert await taken(client, b"k") == 5
    assert (await take(client, b"k", port="81")).word == "none"


async def test_recordings_of_several_ports_are_found_by_the_hops_port(client: Redis) -> None:
    """Together with those that name none."""
    fields = (b"k", b"3 0 ab", b"k:", b"1 4", b"k:80", b"1 0", b"k:81", b"1 2")
    await load_recordings(client, *fields)
    assert [await taken(client, b"k", port="80") for _ in range(3)] == [0, 4, 4]
    assert await taken(client, b"k", port="82") == 4
    assert await taken(client, b"k") == 0


async def test_nothing_is_changed_where_no_recording_agrees(client: Redis) -> None:
    """No count, no claim, no cursor."""
    await load_recordings(client)
    assert await take(client, b"k", rule="0") == ("none", [])
    assert await client.exists(KEYS.claims, KEYS.cursors) == 0
    assert await client.hget(KEYS.session, "injectedSpans") is None


async def test_without_a_case_no_recording_agrees(client: Redis) -> None:
    """A session may have replay rules before it has a case."""
    await create(client, "replay")
    assert await take(client, b"k") == ("none", [])


async def test_a_rule_that_answers_once_hands_out_one_recording(client: Redis) -> None:
    """The claim moves with the cursor."""
    await load_recordings(client, b"k", b"3 0 ab")
    assert (await take(client, b"k", rule="7")).word == "ok"
    assert (await take(client, b"k", rule="7")).word == "spent"
    assert (await take(client, b"k", rule="7", layer="case")).word == "ok"
    assert await claim(client, 7) == "spent"
    assert await taken(client, b"k") == 4


async def test_the_shapes_of_redacted_recordings_are_told_before_anything_is_taken(
    client: Redis,
) -> None:
    """Once they are regarded, their line is not named again."""
    await load_recordings(client, b"k", b"3 0 ab", b"line", b"[]")
    assert await take(client, b"k", line=b"line") == ("shapes", [b"[]"])
    assert await client.exists(KEYS.cursors) == 0
    assert (await take(client, b"k", line=b"other")).values == [b"answer 0"]


async def word_of_take(client: Redis, by: str = "") -> str:
    """Take a recording for a rule that answers once; gives the reply's word."""
    return (await take(client, b"k", rule="0", by=by)).word


Effect = Callable[[Redis], Awaitable[object]]
EFFECTS: dict[str, Callable[..., Awaitable[str]]] = {
    "claim_rule": lambda client, by="": claim(client, by=by),
    "take_recording": word_of_take,
}


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("change", [load, post_rules, post_policy])
async def test_a_rule_of_replaced_documents_has_no_effect(
    client: Redis, name: str, change: Effect
) -> None:
    """It says that the hop is to be decided about again."""
    await load_recordings(client, b"k", b"3 0 ab")
    by = await version(client)
    await change(client)
    assert await EFFECTS[name](client, by) == "stale"
    assert await client.exists(KEYS.claims, KEYS.cursors) == 0


@pytest.mark.parametrize("name", EFFECTS)
async def test_a_rule_of_documents_that_the_store_has_lost_has_no_effect(
    client: Redis, name: str
) -> None:
    """Though others have taken their revision after a failover."""
    await load_recordings(client, b"k", b"3 0 ab")
    before = await client.dump(KEYS.session)
    await post_rules(client)
    lost = await version(client)
    await client.restore(KEYS.session, TTL, before, replace=True)  # type: ignore[arg-type]
    await post_rules(client)
    assert lost.partition("-")[0] == (await version(client)).partition("-")[0]
    assert await EFFECTS[name](client, lost) == "stale"


@pytest.mark.parametrize("name", EFFECTS)
async def test_a_session_that_never_was_stays_so(client: Redis, name: str) -> None:
    """Nothing is created."""
    assert await EFFECTS[name](client) == "gone"
    assert await client.dbsize() == 0


@pytest.mark.parametrize("name", EFFECTS)
async def test_a_lapsed_session_is_gone_and_not_revived(client: Redis, name: str) -> None:
    """Not even by a claim or a cursor."""
    await create(client)
    await load(client, b"k", b"1 0", b"a:0", b"zero")
    await lapse(client)
    assert await EFFECTS[name](client) == "gone"
    assert await client.exists(KEYS.claims, KEYS.cursors) == 0
    assert await client.pttl(KEYS.session) < GRACE


@pytest.mark.parametrize("name", EFFECTS)
async def test_a_closed_session_is_gone(client: Redis, name: str) -> None:
    """A tombstone has neither rules nor recordings."""
    await create(client, "replay")
    await begin(client)
    assert await EFFECTS[name](client) == "gone"


@pytest.mark.parametrize("name", EFFECTS)
async def test_an_effect_renews_the_whole_session(client: Redis, name: str) -> None:
    """Claims and cursors live as long as the case that they belong to."""
    await load_recordings(client, b"k", b"3 0 ab")
    for key in KEYS:
        await client.pexpire(key, 1000)
    assert await EFFECTS[name](client) == "ok"
    living = [key for key in KEYS if await client.exists(key)]
    assert KEYS.claims in living
    assert all([await client.pttl(key) > TTL / 2 for key in living])


async def test_both_scripts_are_sent_again_after_the_server_forgot_them(client: Redis) -> None:
    """NOSCRIPT has no effect of its own."""
    await load_recordings(client, b"k", b"3 0 ab")
    await client.script_flush()
    assert await claim(client) == "ok"
    await client.script_flush()
    assert await taken(client, b"k") == 0
    assert await taken(client, b"k") == 2


async def count(client: Redis) -> str:
    """Count a decision of the sample session; gives the reply's word."""
    reply = await scripts.count_decision(
        client, KEYS, counter="injectedSpans", strict_miss="", ttl_ms=TTL
    )
    return reply.word


@pytest.mark.parametrize("name", [*EFFECTS, "count"])
async def test_a_hop_renews_a_session_that_is_being_closed(client: Redis, name: str) -> None:
    """Whichever way it is answered: should the close fail, that was the last use."""
    await create(client)
    await load(client, b"k", b"1 0", b"a:0", b"zero")
    assert await begin(client) == "flush"
    await client.pexpire(KEYS.session, GRACE + 1000)
    assert await (EFFECTS | {"count": count})[name](client) == "ok"
    assert await client.pttl(KEYS.session) > GRACE + 1000
