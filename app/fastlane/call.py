"""A call of the fast lane, whose two kinds differ in what they read and do: who may begin one."""

import logging
from abc import ABC, abstractmethod
from time import perf_counter

from app.errors import ApiError
from app.fastlane.answers import error_answer, head_up_to_name
from app.fastlane.entrance import Entrance
from app.fastlane.protocol import FastProtocol
from app.fastlane.under_way import Desk
from app.http.caller import Caller
from app.http.headers import Scope, notes
from app.http.request_id import request_id_bytes

log = logging.getLogger("softprobe.fastlane")


class FastCall(ABC):
    """What serves the calls that come with one head.

    desk: what they work with. scope: the head. much: longer bodies may be much work, in bytes.
    media: of what is sent. max_body_bytes: longer bodies are for the plain lane.
    Raises an error of the catalogue for a head that is refused.
    """

    def __init__(self, desk: Desk, scope: Scope, much: int) -> None:
        self.desk = desk
        self.max_body_bytes = min(much, desk.plain.max_body_bytes)
        self.media = desk.plain.media(scope)
        self._scope = scope
        self._entrance = Entrance(desk.admission, scope)

    def take(self, connection: FastProtocol, request: bytes, body_at: int, name: bytes) -> bool:
        """Begin a call of whoever has room for it; see `PlainCall`.

        Who has none waits for a turn, which costs nothing but the memory of what was sent.
        """
        caller = self._entrance.lasting or self._entrance.caller()
        if caller is None:
            return False
        if (concurrency := self.desk.concurrency) is None:
            return self.begin(connection, request, body_at, caller, name)
        if not concurrency.enter(caller.org):
            Queued(self, connection, request, body_at, caller, name)
            return True
        return self.begin_within(connection, request, body_at, caller, name)

    def begin_within(
        self, connection: FastProtocol, request: bytes, body_at: int, caller: Caller, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin a call that has entered; where it does not, it has left."""
        has_begun = False
        try:
            has_begun = self.begin(connection, request, body_at, caller, name, arrived)
        finally:
            if not has_begun and self.desk.concurrency:
                self.desk.concurrency.leave(caller.org)
        return has_begun

    @abstractmethod
    def begin(
        self, connection: FastProtocol, request: bytes, body_at: int, caller: Caller, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin a call, or leave it to the plain lane.

        arrived: when it did, by `perf_counter`; 0 for now.
        """

    def busy(self, caller: Caller, name: bytes) -> tuple[int, bytes, bytes]:
        """The status, the head and the body of the answer to a call that had no turn."""
        notes(self._scope).caller = caller
        try:
            body, media = self.desk.plain.busy(self._scope, self.media)
        except ApiError as error:
            media = self.desk.plain.error_media(self._scope, self.media)
            return error.kind.status, *error_answer(error, media, name)
        return 200, b"%b%b\r\n" % (head_up_to_name(200, media, len(body)), name), body


class Queued:
    """A call that waits for a turn; nothing of it is read until then.

    Where its client has left meanwhile it begins all the same: what comes of it is told to nobody.
    """

    def __init__(
        self,
        call: FastCall,
        connection: FastProtocol,
        request: bytes,
        body_at: int,
        caller: Caller,
        name: bytes,
    ) -> None:
        self._call = call
        self._connection = connection
        self._request, self._body_at, self._name = request, body_at, name
        self._caller = caller
        self._arrived = perf_counter()
        connection.begin(request)
        call.desk.record.requests.in_progress += 1
        assert call.desk.concurrency
        call.desk.concurrency.wait(caller.org, self._told)

    def _told(self, may_begin: bool) -> None:
        """It may begin, or has waited for too long. A bug costs this call alone."""
        self._call.desk.record.requests.in_progress -= 1
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
            self._connection, self._request, self._body_at, self._caller, self._name, self._arrived
        )

    def _refuse(self) -> None:
        call, name = self._call, request_id_bytes(self._name)
        status, head, body = call.busy(self._caller, name)
        seconds = perf_counter() - self._arrived
        call.desk.record.note(call.desk.route, status, seconds, self._caller, "", name)
        self._connection.answer(head, body)
