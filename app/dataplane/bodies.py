"""Bodies: what has to be known of a hop's body, worked out where that holds up no other call."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice

from app.dataplane.compiled import Compiled
from app.dataplane.jobs import WantedFields, wanted
from app.dataplane.place import (
    Place,
    farthest,
    inflated,
    place_for,
    place_for_head,
    place_for_shapes,
)
from app.dataplane.worker import Worker
from app.hop.ignore import Ignore
from app.hop.model import PATTERN_WORK, STEPS, Hop
from app.recordings.shape import shape_count
from app.rules.decision import Decision
from app.store.faults import paused

# What JSONPaths may cost over a body before a thread goes on with them; some take milliseconds.
FEW_STEPS = 5000
# The same for patterns over its headers.
FEW_LOOKS = 2_000_000


class HopBody:
    """One hop's body.

    hop: the hop. worker: for large bodies. deadline: the store's, which stands still meanwhile.
    """

    def __init__(self, hop: Hop, worker: Worker, deadline: asyncio.Timeout) -> None:
        self.hop = hop
        self._worker = worker
        self._deadline = deadline

    async def offers(self, compiled: Compiled) -> AsyncIterator[Decision]:
        """What the rules offer the hop, one after the other."""
        self.hop.pattern_work = PATTERN_WORK
        place = place_for_head(self.hop)
        if compiled.rules.reads_bodies:
            place = farthest(place, await self._place())
        if place is Place.PROCESS:
            async with paused(self._deadline):
                made = await self._worker.run("offers", compiled.documents, self.hop)
            for offer in made:
                yield offer
            return
        given = 0
        if place is Place.HERE:
            for offer in self._cheap(compiled.rules.explained_offers(self.hop)):
                given += 1
                yield offer
            if self._is_in_budget():
                return
        async for offer in self._in_a_thread(compiled, given):
            yield offer

    def _cheap(self, offers: Iterator[Decision]) -> Iterator[Decision]:
        """The offers until their JSONPaths or patterns cost much."""
        self.hop.steps, self.hop.pattern_work = FEW_STEPS, FEW_LOOKS
        for offer in offers:
            if not self._is_in_budget():
                return
            yield offer

    def _is_in_budget(self) -> bool:
        return bool(self.hop.steps and self.hop.pattern_work)

    async def _in_a_thread(self, compiled: Compiled, given: int) -> AsyncIterator[Decision]:
        self.hop.steps, self.hop.pattern_work = STEPS, PATTERN_WORK
        offers = islice(compiled.rules.explained_offers(self.hop), given, None)
        while True:
            async with paused(self._deadline):
                offer = await asyncio.to_thread(next, offers, None)
            if offer is None:
                return
            yield offer

    async def wanted(self, ignore: Ignore, shapes: bytes = b"") -> WantedFields:
        """What to look for in the case: recordings that agree with the hop.

        shapes: those on its line, as the store keeps them, once they are known.
        """
        place = farthest(place_for_head(self.hop), place_for_shapes(shapes))
        if not ignore.body:
            place = farthest(place, await self._place(1 + shape_count(shapes)))
        if place is Place.HERE and not ignore.body_paths:
            return wanted(self.hop, ignore, shapes)
        async with paused(self._deadline):
            if place is Place.PROCESS:
                made: WantedFields = await self._worker.run("wanted", self.hop, ignore, shapes)
                return made
            return await asyncio.to_thread(wanted, self.hop, ignore, shapes)

    async def _place(self, times: int = 1) -> Place:
        async with paused(self._deadline):
            body = await inflated(self.hop)
        return place_for(body, times)
