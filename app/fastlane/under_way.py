"""Calls under way on the fast lane: what each waits for, and how it ends."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from app.dataplane.call import Call
from app.dataplane.compiled import Compiled, CompiledRules
from app.errors import ApiError
from app.fastlane.protocol import FastProtocol
from app.fastlane.ready import Ready, Verdict
from app.fastlane.record import Record
from app.http.caller import Caller
from app.http.request_id import next_request_id, request_id_bytes
from app.http.respond import internal_error
from app.store.faults import CALL_SECONDS, unavailable
from app.store.hot_calls import LOST, HotCalls

if TYPE_CHECKING:
    from app.fastlane.call import FastCall

log = logging.getLogger("softprobe.fastlane")

# What is left at least for the store's word, of all that it may take in a call, in seconds.
LEAST_SECONDS = 0.15


class Desk:
    """What the calls of one kind work with.

    plain: what serves them on the plain lane. compiled: the rule sets. calls: asks the store.
    record: notes what was done.
    """

    def __init__(
        self, plain: Call, compiled: CompiledRules, calls: HotCalls, record: Record
    ) -> None:
        self.plain = plain
        self.route = plain.route
        self.admission = plain.admission
        self.concurrency = plain.concurrency if plain.concurrency.is_bounded else None
        self.compiled = compiled
        self.calls = calls
        self.record = record
        self._fetching: set[asyncio.Task[None]] = set()

    def fetch(self, asked: "UnderWay", than: str) -> None:
        """Have the rules of this moment fetched, and go on with a call by them.

        than: the version that is outdated; empty for none.
        """
        task = asyncio.ensure_future(self._fetch(asked, than))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch(self, asked: "UnderWay", than: str) -> None:
        try:
            compiled = await self.compiled.fresh(asked.caller.org, asked.session_id, than)
        except ApiError as error:
            asked.fetched(error)
        except Exception:
            # A bug, or a key that holds something else: the plain lane tells of it.
            asked.fall_back()
        else:
            asked.fetched(compiled)


def may_reach(caller: Caller, compiled: Compiled) -> bool:
    """Whether a session is one that the caller may know of."""
    return not caller.project or caller.project == compiled.documents.project


class UnderWay(NamedTuple):
    """A call under way on its connection.

    call: what serves the calls with its head. name: the request's id as it was sent.
    compiled: the rules at hand; None for none. arrived: when it did, by `perf_counter`.
    verdict: what it is answered once the store agrees; None where that is not known yet.
    content: what it brought: a question's ids, or an upload's spans and its length in bytes.
    """

    call: "FastCall"
    connection: FastProtocol
    caller: Caller
    session_id: str
    name: bytes
    compiled: Compiled | None
    arrived: float
    verdict: Verdict | None
    content: Any

    def fetched(self, found: Compiled | ApiError) -> None:
        """The rules of this moment, or why there are none. A bug costs this call alone."""
        try:
            if isinstance(found, ApiError):
                self.call.cannot_go_on(self, found)
            elif may_reach(self.caller, found):
                until = max(self.arrived + CALL_SECONDS, perf_counter() + LEAST_SECONDS)
                self.call.go_on(self._replace(compiled=found), found, until)
            else:
                self.fall_back()
        except Exception:
            self.break_off()

    @staticmethod
    def tell(waiters: Sequence["UnderWay"], word: str, values: Sequence[Any]) -> None:
        """The store's word to all who asked within one turn."""
        if word == "ok":
            try:
                waiters[0].call.succeed(waiters, values)
            except Exception:
                # Of what is done once they are answered; a bug in an answer costs its call alone.
                log.exception("internal error")
        else:
            for waiter in waiters:
                waiter.refused(word)

    def refused(self, word: str) -> None:
        """The store has not done what was asked. A bug costs this call alone."""
        try:
            if word == "stale" and perf_counter() < self.arrived + CALL_SECONDS:
                assert self.compiled
                self.call.desk.fetch(self, self.compiled.version)
            elif word == LOST:
                self.fail(unavailable())
            else:
                # Not done, or always too late: what becomes of it the plain lane finds out.
                self.fall_back()
        except Exception:
            self.break_off()

    def fail(self, error: ApiError) -> None:
        """Answer with an error."""
        name, seconds = request_id_bytes(self.name), perf_counter() - self.arrived
        self.call.count(error.name, seconds)
        desk, status = self.call.desk, error.kind.status
        desk.record.note(desk.route, status, seconds, self.caller, self.session_id, name)
        answer = Ready.error(error, self.call.answered_in)
        self.connection.answer(answer.octets(name + self.connection.head_end), perf_counter())
        self.release()

    def release(self) -> None:
        """It is under way no more; the last thing that becomes of it."""
        self.call.requests.in_progress -= 1
        if self.call.concurrency:
            self.call.concurrency.leave(self.caller.org)

    def fall_back(self) -> None:
        """Leave the call to the plain lane."""
        self.connection.fall_back()
        self.release()

    def break_off(self) -> None:
        """A bug has left it under way, or nearly."""
        log.exception("internal error", extra={"route": self.call.desk.route})
        self.release()
        self.connection.break_off(Ready.error(internal_error(), self.call.answered_in))


# Makes one of its parts, as the class makes it less a function of Python.
new_under_way: Callable[[tuple[Any, ...]], UnderWay] = partial(tuple.__new__, UnderWay)


def answer_each(waiters: Sequence[Any]) -> Mapping[int, list[float]]:
    """Answer calls of one kind by their verdicts; gives how long they took, in seconds, by status.

    waiters: each an `UnderWay`. A bug costs its call alone, as on the plain lane.
    """
    desk = waiters[0].call.desk
    record, route, concurrency = desk.record, desk.route, desk.concurrency
    are_written = record.lines.are_written()
    by_status: defaultdict[int, list[float]] = defaultdict(list)
    now = perf_counter()
    for waiter in waiters:
        _, connection, caller, session_id, name, _, arrived, verdict, content = waiter
        try:
            name = request_id_bytes(name) if name else next_request_id()
            status, octets = verdict.to(content, name + connection.head_end)
            seconds = now - arrived
            if are_written:
                record.write(route, status, seconds, caller, session_id, name)
            # Last, for with it the next request of the connection may begin.
            connection.answer(octets, now)
            if concurrency:
                concurrency.leave(caller.org)
            by_status[status].append(seconds)
        except Exception:
            waiter.break_off()
    for status, seconds_of_each in by_status.items():
        record.requests.series("POST", route, status).observe_each(seconds_of_each)
        record.requests.in_progress -= len(seconds_of_each)
    return by_status
