"""HTTP/1.1 itself, where the server below does less than a caller may expect.

What is no request is answered in the one envelope, once every request before it has its answer.
Head and trailers are bounded, and so is the time a client may take. A call for an upgrade is read
as if it asked for none (RFC 9110, 7.8). A connection closes so that the client can read the last
answer.

Of uvicorn's class this leans on the parser's callbacks (`on_…`) and what they keep (`parser`,
`url`, `headers`, `scope`); on `on_response_complete` and `shutdown`; on `cycle` (the newest
request) with its `response_started`, `response_complete`, `disconnected`, `message_event`,
`keep_alive` and `send`; on `pipeline` (requests that wait, the newest left); on `flow.read_paused`;
and on the timer of an idle connection (`timeout_keep_alive…`, `_unset_keepalive_if_required`).
"""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import ApiError
from app.http import patience
from app.http.head import check_head, origin_form, without_upgrade
from app.http.lengthless import LengthlessSend
from app.http.lingering import Lingering
from app.http.overhead import Overhead
from app.http.patience import Patience
from app.http.refusal import reason, refusal


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._overhead = Overhead()
        self._patience = Patience(self.loop, lambda: self.flow.read_paused, self._end)
        self._in_head = False
        # Whether the replica is ending: there is no next request.
        self._is_last = False
        # Whether nothing more is read, and what is said before the connection closes; None: it is
        # the client's silence that ends it, and there is nothing to wait for.
        self._deaf = False
        self._last_words: bytes | None = None

    def connection_made(self, transport: Any) -> None:
        """A client is there."""
        self._line = Lingering(transport)
        super().connection_made(self._line)  # type: ignore[arg-type]
        self._wait_for_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._line.lost()
        self._patience.stop()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        try:
            self._overhead.piece_comes(len(data))
            self._parse(memoryview(data))
            self._overhead.piece_went()
        except (httptools.HttpParserError, ApiError) as error:
            self._refuse(reason(error))
        else:
            self._wait_for_the_rest()

    def _parse(self, data: memoryview) -> None:
        """Parse, and a request that calls for an upgrade once more without that call."""
        upgrade = self._feed(data)
        while upgrade and not self._deaf:
            self._parse_without_upgrade()
            data = data[upgrade.args[0] :]
            upgrade = self._feed(data)

    def _feed(self, data: memoryview) -> httptools.HttpParserUpgrade | None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return upgrade
        return None

    def _parse_without_upgrade(self) -> None:
        """The last head once more; a parser that has seen `connection: close` may read no other."""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(without_upgrade(method, self.url, version, self.headers))

    def _is_to_be_parsed_anew(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head = self._line.client_is_sending = True
        self._overhead.begin()
        self._patience.stop()

    def on_headers_complete(self) -> None:
        """The head is whole. Raises `invalid_body` for one that is not taken."""
        if self._is_to_be_parsed_anew() or self._line.is_ending:
            return
        self._overhead.named(self.url, self.headers)
        check_head(self.parser.get_http_version(), self.headers)
        self.url = origin_form(self.url)
        super().on_headers_complete()
        self._in_head = False
        self._adapt_answer()
        # The call has its headers; what follows are trailers, and nobody's concern.
        self.headers = []

    def _adapt_answer(self) -> None:
        self._deaf = self.scope["method"] == "CONNECT"
        if self._deaf or self._is_last:
            self.cycle.keep_alive = False
        if self.scope["http_version"] == "1.0":
            self.cycle.send = LengthlessSend(self.cycle)  # type: ignore[method-assign]

    def on_chunk_header(self) -> None:
        """A chunk begins."""
        self._overhead.chunk()

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._overhead.body(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._is_to_be_parsed_anew():
            return
        if self.headers:
            self._overhead.named(b"", self.headers)
        super().on_message_complete()
        self._line.end_of_request()

    def on_response_complete(self) -> None:
        """An answer is out."""
        was_last = not self.pipeline
        super().on_response_complete()
        if was_last and self._deaf:
            self._say_last_words()

    def _wait_for_a_request(self) -> None:
        """As uvicorn does after an answer; here before the first, or after stray line ends."""
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _wait_for_the_rest(self) -> None:
        if not self._line.client_is_sending:
            self._patience.stop()
            if self._is_idle():
                self._wait_for_a_request()
        elif self._in_head:
            self._patience.with_head()
        else:
            self._patience.with_body()

    def _refuse(self, error: ApiError) -> None:
        self.logger.warning("refused bytes: %s", error.message)
        self._end(refusal(error))

    def _end(self, last_words: bytes | None = None) -> None:
        """Read no more, give up what is half sent, and close once every answer is out.

        last_words: what is said after the answers, if anything.
        """
        if self._deaf:
            return
        self._deaf, self._last_words = True, last_words
        self._patience.stop()
        if not self._owes_answers():
            self._say_last_words()

    def _is_idle(self) -> bool:
        # uvicorn's type does not say that there is no cycle at first.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _owes_answers(self) -> bool:
        """Whether some are under way, now that a half-sent request gets none."""
        half_sent = self._line.client_is_sending and not self._in_head
        if not half_sent:
            return not self._is_idle()
        if self.pipeline:
            self.pipeline.popleft()
            return True
        if self.cycle.response_started:
            self._last_words = None if self._last_words is None else b""
            return not self.cycle.response_complete
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return False

    def _say_last_words(self) -> None:
        if self._line.is_closing():
            return
        if self._last_words is None:
            self._line.abandon()
            return
        self._line.client_is_sending = True
        self._line.write(self._last_words)
        self._line.close()

    def shutdown(self) -> None:
        """The replica ends: close what is idle, and give what is half sent a little time."""
        self._is_last = True
        if self._line.client_is_sending:
            self.loop.call_later(patience.GRACE_SECONDS, self._cut_off)
        if not (self._line.client_is_sending and self._in_head):
            super().shutdown()

    def _cut_off(self) -> None:
        if self._line.is_closing():
            self._line.abandon()
        elif self._line.client_is_sending:
            self._end()
