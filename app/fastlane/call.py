"""What serves calls of the fast lane: who may begin one, and what its two kinds have to say."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any

from app.dataplane.compiled import Compiled
from app.errors import ApiError
from app.fastlane.entrance import Entrance
from app.fastlane.protocol import FastProtocol
from app.fastlane.ready import Ready
from app.fastlane.under_way import Desk, UnderWay
from app.http.caller import Caller
from app.http.headers import Scope, notes
from app.http.request_id import request_id_bytes
from app.otlp.media import Media

log = logging.getLogger("softprobe.fastlane")

# See `Handler.take`.
Take = Callable[[FastProtocol, bytes, bytes], bool]


class FastCall(ABC):
    """What serves the calls that come with one head.

    desk: what they work with. scope: the head. much: longer bodies may be much work, in bytes.
    media, answered_in: of what is sent and of what is answered.
    max_body_bytes: longer bodies are for the plain lane.
    Raises an error of the catalogue for a head that is refused.
    """

    answered_in: Media

    def __init__(self, desk: Desk, scope: Scope, much: int) -> None:
        self.desk = desk
        self.concurrency = desk.concurrency
        self.requests = desk.record.requests
        self.join = desk.calls.join
        self.max_body_bytes = min(much, desk.plain.max_body_bytes)
        self.media = desk.plain.media(scope)
        self._scope = scope
        self._entrance = Entrance(desk.admission, scope)
        self.take: Take = self._take
        if self._entrance.lasting and not self.concurrency:
            # All of these calls are the same one's, and there is room for each.
            self.take = partial(self.begin, self._entrance.lasting)

    def _take(self, connection: FastProtocol, body: bytes, name: bytes) -> bool:
        """Begin a call of whoever has room for it; see `Handler`.

        Who has none waits for a turn, which costs nothing but the memory of what was sent.
        """
        caller = self._entrance.caller()
        if caller is None:
            return False
        if (concurrency := self.concurrency) is None:
            return self.begin(caller, connection, body, name)
        if not concurrency.enter(caller.org):
            Queued(self, caller, connection, body, name)
            return True
        return self.begin_within(caller, connection, body, name)

    def begin_within(
        self, caller: Caller, connection: FastProtocol, body: bytes, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin a call that has entered; where it does not, it has left."""
        has_begun = False
        try:
            has_begun = self.begin(caller, connection, body, name, arrived)
        finally:
            if not has_begun and self.concurrency:
                self.concurrency.leave(caller.org)
        return has_begun

    @abstractmethod
    def begin(
        self, caller: Caller, connection: FastProtocol, body: bytes, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin a call, or leave it to the plain lane.

        arrived: when it did, by `perf_counter`; 0 for now.
        """

    @abstractmethod
    def go_on(self, asked: UnderWay, compiled: Compiled, until: float) -> None:
        """Go on with a call by rules that were fetched only now.

        until: when the store's next word is overdue, by `perf_counter`.
        """

    def cannot_go_on(self, asked: UnderWay, error: ApiError) -> None:
        """There are no rules to go on by."""
        asked.fail(error)

    @abstractmethod
    def succeed(self, waiters: Sequence[UnderWay], values: Sequence[Any]) -> None:
        """The store has done what was asked by some, of which the first is one of these calls."""

    @abstractmethod
    def count(self, error: str, seconds: float) -> None:
        """Count a call that failed in its own metrics; error: its name."""

    def busy(self, caller: Caller) -> Ready:
        """The answer to a call that had no turn."""
        notes(self._scope).caller = caller
        try:
            body, media = self.desk.plain.busy(self._scope, self.media)
        except ApiError as error:
            media = self.desk.plain.error_media(self._scope, self.media)
            return Ready.error(error, media)
        return Ready.of(body, media)


class Queued:
    """A call that waits for a turn; nothing of it is read until then.

    Where its client has left meanwhile it begins all the same: what comes of it is told to nobody.
    """

    def __init__(
        self,
        call: FastCall,
        caller: Caller,
        connection: FastProtocol,
        body: bytes,
        name: bytes,
    ) -> None:
        self._call = call
        self._connection = connection
        self._body, self._name = body, name
        self._caller = caller
        self._arrived = perf_counter()
        call.requests.in_progress += 1
        assert call.concurrency
        call.concurrency.wait(caller.org, self._told)

    def _told(self, may_begin: bool) -> None:
        """It may begin, or has waited for too long. A bug costs this call alone."""
        self._call.requests.in_progress -= 1
        try:
            if not may_begin:
                self._refuse()
            elif not self._begun():
                self._connection.fall_back()
        except Exception:
            log.exception("internal error", extra={"route": self._call.desk.route})
            self._connection.fall_back()

    def _begun(self) -> bool:
        return self._call.begin_within(
            self._caller, self._connection, self._body, self._name, self._arrived
        )

    def _refuse(self) -> None:
        call, name = self._call, request_id_bytes(self._name)
        answer = call.busy(self._caller)
        seconds = perf_counter() - self._arrived
        call.desk.record.note(call.desk.route, answer.status, seconds, self._caller, "", name)
        octets = answer.octets(name + self._connection.head_end)
        self._connection.answer(octets, perf_counter())
