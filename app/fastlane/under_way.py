"""A call under way on the fast lane: what its two kinds have in common."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from app.dataplane.call import Call
from app.dataplane.compiled import Compiled, CompiledRules
from app.errors import ApiError
from app.fastlane.answers import error_answer, error_up_to_name, head_up_to_name
from app.fastlane.protocol import FastProtocol
from app.fastlane.record import Record
from app.http.caller import Caller
from app.http.request_id import request_id_bytes
from app.http.respond import internal_error
from app.otlp.media import Media
from app.store.faults import CALL_SECONDS, unavailable
from app.store.hot_calls import LOST, HotCalls

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

    def fetch(self, call: "UnderWay", than: str) -> None:
        """Have the rules of this moment fetched, and go on with a call by them.

        than: the version that is outdated; empty for none.
        """
        task = asyncio.ensure_future(self._fetch(call, than))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch(self, call: "UnderWay", than: str) -> None:
        try:
            compiled = await self.compiled.fresh(call.caller.org, call.session_id, than)
        except ApiError as error:
            call.fetched(error)
        except Exception:
            # A bug, or a key that holds something else: the plain lane tells of it.
            call.fall_back()
        else:
            call.fetched(compiled)


def may_reach(caller: Caller, compiled: Compiled) -> bool:
    """Whether a session is one that the caller may know of."""
    return not caller.project or caller.project == compiled.documents.project


class UnderWay(ABC):
    """A call that has begun on its connection.

    answered_in: the media of its answer. name: the request's id as it was sent.
    arrived: when it did, by `perf_counter`; 0 for now.
    until: when the store is overdue, by `perf_counter`.
    """

    __slots__ = (
        "_arrived", "_holds", "_name", "answered_in", "caller", "compiled", "connection", "desk",
        "session_id", "until",
    )  # fmt: skip

    compiled: Compiled

    def __init__(
        self,
        desk: Desk,
        connection: FastProtocol,
        answered_in: Media,
        caller: Caller,
        session_id: str,
        name: bytes,
        arrived: float,
    ) -> None:
        self.desk = desk
        self.connection = connection
        self.answered_in = answered_in
        self.caller = caller
        self.session_id = session_id
        self._name = name
        now = perf_counter()
        self._arrived = arrived or now
        self.until = now + CALL_SECONDS
        # Whether it has a part of what its organisation may have under way.
        self._holds = False

    def begin(self, request: bytes) -> None:
        """It is the lane's from now on."""
        self._holds = True
        self.connection.begin(request)
        self.desk.record.requests.in_progress += 1

    @abstractmethod
    def go_on(self, compiled: Compiled) -> None:
        """Go on by rules that were fetched only now."""

    def cannot_go_on(self, error: ApiError) -> None:
        """There are no rules to go on by."""
        self.fail(error)

    @abstractmethod
    def succeed(self, values: Sequence[Any]) -> None:
        """The store has done what was asked."""

    @abstractmethod
    def count(self, status: int, error: str, seconds: float) -> None:
        """Count the call in its own metrics; error: its name, empty where all went well."""

    def fetched(self, found: Compiled | ApiError) -> None:
        """The rules of this moment, or why there are none. A bug costs this call alone."""
        try:
            if isinstance(found, ApiError):
                self.cannot_go_on(found)
            elif may_reach(self.caller, found):
                self.until = max(self.until, perf_counter() + LEAST_SECONDS)
                self.go_on(found)
            else:
                self.fall_back()
        except Exception:
            self._break_off()

    def told(self, word: str, values: Sequence[Any]) -> None:
        """The store's word. A bug costs this call alone, as on the plain lane."""
        try:
            if word == "ok":
                self.succeed(values)
            elif word == "stale" and perf_counter() < self._arrived + CALL_SECONDS:
                self.desk.fetch(self, self.compiled.version)
            elif word == LOST:
                self.fail(unavailable())
            else:
                # Not done, or always too late: what becomes of it the plain lane finds out.
                self.fall_back()
        except Exception:
            self._break_off()

    def answer(self, body: bytes) -> None:
        """Answer 200."""
        self.hand_out(head_up_to_name(200, self.answered_in, len(body)), body)

    def hand_out(self, up_to_name: bytes, body: bytes, error: ApiError | None = None) -> None:
        """Answer with a head that is ready up to the request's id.

        error: what it says; None for 200.
        """
        name = request_id_bytes(self._name)
        # First, for with the answer the next request of the connection may begin.
        if error is None:
            self._end(200, "", name)
        else:
            self._end(error.kind.status, error.name, name)
        self.connection.answer(b"%b%b\r\n" % (up_to_name, name), body)

    def fail(self, error: ApiError) -> None:
        """Answer with an error."""
        self.hand_out(*error_up_to_name(error, self.answered_in), error)

    def _end(self, status: int, error: str, name: bytes) -> None:
        self._release()
        seconds = perf_counter() - self._arrived
        self.count(status, error, seconds)
        desk = self.desk
        desk.record.note(desk.route, status, seconds, self.caller, self.session_id, name)

    def _release(self) -> None:
        """It is under way no more, whatever becomes of it; once."""
        if self._holds:
            self._holds = False
            desk = self.desk
            desk.record.requests.in_progress -= 1
            if desk.concurrency:
                desk.concurrency.leave(self.caller.org)

    def fall_back(self) -> None:
        """Leave the call to the plain lane."""
        self._release()
        self.connection.fall_back()

    def _break_off(self) -> None:
        """A bug has left it under way, or nearly."""
        log.exception("internal error", extra={"route": self.desk.route})
        self._release()
        self.connection.break_off(*error_answer(internal_error(), self.answered_in, b"-"))
