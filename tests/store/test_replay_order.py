"""Recordings are handed out as by a naive player: each once in captured order, then the last."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from redis.asyncio import Redis

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.question import Question
from app.recordings.shape import read_shapes
from app.store.hits import Chosen, HitStore, Wanted
from tests.store.sample import ORG, SESSION, TTL, create, load, version
from tests.unit.recordings.found import indexed
from tests.unit.recordings.generated import IGNORES, asked, recorded
from tests.unit.recordings.reference import agrees


class Player:
    """The naive player: looks at every recording, each time."""

    def __init__(self, case: Sequence[Hop], ignore: Ignore) -> None:
        self._case = case
        self._ignore = ignore
        self._handed_out: set[int] = set()

    def play(self, hop: Hop) -> int | None:
        """The number of the recording that answers a hop."""
        found = [n for n, held in enumerate(self._case) if agrees(held, hop, self._ignore)]
        fresh = [number for number in found if number not in self._handed_out]
        self._handed_out.update(fresh[:1])
        return next(iter(fresh or found[-1:]), None)


async def played(client: Redis, hop: Hop, ignore: Ignore) -> int | None:
    """The number of the recording that the store hands out for a hop."""
    question = Question(hop, ignore)
    wanted = Wanted(question.ignored, question.port, question.line_field, question.fields())
    hits = HitStore(client, TTL)
    rule = Chosen(await version(client), "session", 0, once=False)
    word, answer = await hits.take(ORG, SESSION, rule, wanted)
    if word == "shapes":
        wanted = wanted._replace(line=b"", fields=question.fields(read_shapes(answer)))
        word, answer = await hits.take(ORG, SESSION, rule, wanted)
    assert word in ("ok", "none")
    return int(answer) if word == "ok" else None


@pytest.mark.parametrize("ignore", IGNORES)
@pytest.mark.parametrize("seed", range(5))
async def test_the_store_plays_as_the_naive_player(
    real_client: Redis, ignore: Ignore, seed: int
) -> None:
    """Over generated cases and hops, redacted recordings among them, hop after hop."""
    random = Random(seed)
    case = [recorded(random) for _ in range(60)]
    fields = {b"a:%d" % n: b"%d" % n for n in range(len(case))}
    fields.update(indexed(case, [ignore]))
    await create(real_client, "replay")
    await load(real_client, *(octets for field in fields.items() for octets in field))
    player = Player(case, ignore)
    hops = [asked(random, random.choice(case[:20])) for _ in range(60)]
    for like in (random.choice(hops) for _ in range(120)):
        # Hops of another direction or port have cursors of their own.
        hop = replace(like, direction="outbound", authority=like.authority.partition(":")[0])
        assert await played(real_client, hop, ignore) == player.play(hop), hop
