"""Heads: each is known by all that it says, so that none passes for another."""

from app.fastlane.heads import Head, Heads
from app.http.headers import Scope

PATH = "/v1/inject"


class Seen:
    """What makes calls of heads, and remembers which it was asked for."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.heads = Heads({PATH: self._made})

    def _made(self, scope: Scope) -> int:
        self.scopes.append(scope)
        return len(self.scopes)

    def read(self, *lines: str) -> Head | None:
        """What a head of some lines says."""
        head = "\r\n".join((f"POST {PATH} HTTP/1.1", *lines)).encode()
        return self.heads.known.get(head) or self.heads.read(head)


def test_a_head_is_read_once() -> None:
    """Whatever its length and the request's id."""
    seen = Seen()
    plain = [seen.read("host: a", f"content-length: {length}", "x: y") for length in (1, 22, 1)]
    assert [head and (head.call.handler, head.length) for head in plain] == [
        (1, 1),
        (1, 22),
        (1, 1),
    ]
    named = [
        seen.read("host: a", "x-request-id: " + name, "content-length: 5") for name in ("a", "bb")
    ]
    assert [head and (head.call.handler, head.request_id) for head in named] == [
        (2, b"a"),
        (2, b"bb"),
    ]


def test_lines_that_join_where_the_length_stood_are_no_known_head() -> None:
    """A proxy before this replica would read such a request's end elsewhere."""
    for unusual in ("transfer-encoding: chunked", "content-encoding: gzip", "expect: 100-continue"):
        seen = Seen()
        assert seen.read("host: x", "content-length: 5", f"a: b{unusual}")
        assert seen.read("host: xa: b", "content-length: 5", unusual) is None
        assert seen.read("host: x", "content-length: 5", "a: b", unusual) is None


def test_the_name_alone_of_what_differs_is_no_known_head() -> None:
    """A line without a colon is for the parser to refuse."""
    seen = Seen()
    assert seen.read("host: x", "content-length: 5", "x-request-id: 1")
    assert seen.read("host: x", "content-length: 5", "x-request-id", "") is None
    assert seen.read("host: x", "content-length: 5", "x-request-id") is None
