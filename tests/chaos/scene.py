"""One scene: a world, the load on it, the plan's faults, peace, and the checker's verdict."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from redis.asyncio import Redis

from app.store.connection import connect
from tests.chaos.checker import Violation, violations
from tests.chaos.client import Client
from tests.chaos.evidence import Evidence
from tests.chaos.gathering import gather
from tests.chaos.history import History
from tests.chaos.load import Load
from tests.chaos.plan import Fault, Round, Step, plan
from tests.chaos.sinks import SinkKind, sink_of
from tests.chaos.stage import Stage
from tests.chaos.stores import StoreKind, store_of
from tests.chaos.world import World

# A session's life after its last use, in seconds: longer than a stall, so that callers take closes
# over and not the sweeper alone, which comes by ten times in it.
LIFE = 20.0
# How long everything may take to come to rest, in seconds.
PEACE = 90.0
POLL = 0.1


class Outcome(NamedTuple):
    """What a scene came to; loaded: for how long there were faults, in seconds."""

    seed: int
    kind: StoreKind
    sink: SinkKind
    rounds: int
    loaded: float
    began: float
    history: History
    evidence: Evidence
    faults: Counter[Fault]
    violations: list[Violation]


class Scene:
    """One scene.

    seed: what plan and load follow from. rounds: how many processes are killed.
    kind: its store. sink: its destination.
    """

    def __init__(
        self,
        seed: int,
        rounds: int,
        kind: StoreKind = StoreKind.SINGLE,
        sink: SinkKind = SinkKind.FOLDER,
    ) -> None:
        self._seed = seed
        self._rounds = rounds
        self._kind = kind
        self._sink = sink
        self._history = History()
        self._stage = Stage()
        self._stalls: set[asyncio.Task[None]] = set()
        self._played = 0

    async def _play(self, world: World, steps: Round) -> None:
        """Play a round; a stall goes on beside the rounds after it."""
        short = [step for step in steps if step.fault is not Fault.STALL_REPLICA]
        for step in set(steps) - set(short):
            self._stalls.add(asyncio.create_task(self._befall(world, step)))
        await asyncio.gather(*(self._befall(world, step) for step in short))
        self._played += 1

    async def _befall(self, world: World, step: Step) -> None:
        await world.befall(step, self._stage)

    async def _storm(self, world: World, client: Client, until: float) -> float:
        """Load and faults together; gives for how long, in seconds."""
        load = Load(client, self._stage, self._seed)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            await self._rage(world, until)
            load.end()
            loaded = time.monotonic() - began
            await world.heal()
        return loaded

    async def _rage(self, world: World, until: float) -> None:
        """All rounds for which there is time."""
        for steps in plan(self._seed, self._rounds, can_fail_over=self._kind is StoreKind.SENTINEL):
            if time.monotonic() > until:
                break
            await self._play(world, steps)
        await asyncio.gather(*self._stalls)

    async def _settle(self, world: World) -> None:
        """Wait until the sweeper has ended what nobody has."""
        client = connect(world.store.url)
        try:
            await _until(lambda: _is_at_rest(client), PEACE)
        finally:
            await client.aclose()

    async def run(self, until: float) -> Outcome:
        """Play the scene; until: no round begins after this moment, by the monotonic clock."""
        began = time.monotonic()
        with TemporaryDirectory(prefix="sp-chaos-", ignore_cleanup_errors=True) as folder:
            place = Path(folder)
            store, sink = store_of(self._kind), sink_of(self._sink, place)
            async with World(place, LIFE, store, sink) as world:
                bases = [replica.base for replica in world.replicas]
                async with Client(bases, self._history) as client:
                    loaded = await self._storm(world, client, until)
                await self._settle(world)
                evidence = await gather(world)
        fails_over = self._kind is StoreKind.SENTINEL
        found = violations(self._history, evidence, LIFE, fails_over=fails_over)
        return Outcome(
            self._seed,
            self._kind,
            self._sink,
            self._played,
            loaded,
            began,
            self._history,
            evidence,
            world.faults,
            found,
        )


async def _until(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Wait for a condition, and go on without it where it does not come: the checker will tell."""
    for _ in range(round(seconds / POLL)):
        if await condition():
            return
        await asyncio.sleep(POLL)


async def _is_at_rest(client: Redis) -> bool:
    """Whether no capture session is open or being closed."""
    async for key in client.scan_iter(match="sp:{*}", count=1000):
        mode, state = await client.hmget(key, "mode", "state")
        if mode == b"capture" and state != b"closed":
            return False
    return True
