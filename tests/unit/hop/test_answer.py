import pytest

from app.hop.answer import Answer

COOKIES = ("a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/")


@pytest.mark.parametrize(
    "name",
    [
        ":status",
        ":method",
        "Connection",
        "Content-Length",
        "CONTENT-LENGTH",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
    ],
)
def test_pseudo_hop_by_hop_and_length_headers_are_never_handed_out(name: str) -> None:
    """In any spelling: the proxy frames the body that it is given."""
    answer = Answer.of(200, [(name, ["5"]), ("X-A", ["1"])], b"nine char")
    assert answer == Answer(200, (("x-a", ("1",)),), b"nine char")


def test_headers_that_connection_names_are_never_handed_out() -> None:
    """Whatever their case and that of the list."""
    headers = [("Connection", ["close, X-Hop", "x-other"]), ("x-hop", ["1"]), ("X-Other", ["1"])]
    assert Answer.of(200, [*headers, ("x-a", ["1"])], b"").headers == (("x-a", ("1",)),)


def test_two_set_cookie_headers_stay_two_values_in_their_order() -> None:
    """Given at once or one by one; never joined, never split at a date's comma."""
    assert Answer.of(200, [("Set-Cookie", COOKIES)], b"").headers == (("set-cookie", COOKIES),)
    apart = [("Set-Cookie", COOKIES[:1]), ("set-cookie", COOKIES[1:])]
    assert Answer.of(200, apart, b"").headers == (("set-cookie", COOKIES),)


def test_a_content_encoding_stays_with_its_bytes() -> None:
    """The body is neither inflated nor compressed again."""
    answer = Answer.of(200, [("Content-Encoding", ["gzip"])], b"\x1f\x8b")
    assert answer == Answer(200, (("content-encoding", ("gzip",)),), b"\x1f\x8b")


def test_a_header_without_a_value_is_not_handed_out() -> None:
    """An empty array sends it no times."""
    assert Answer.of(200, [("x-a", []), ("x-b", [""])], b"").headers == (("x-b", ("",)),)


@pytest.mark.parametrize(("status", "body"), [(101, b""), (204, b""), (304, b""), (200, b"x")])
def test_a_status_that_may_have_no_body_is_answered_without(status: int, body: bytes) -> None:
    """Whatever the response says."""
    assert Answer.of(status, [], b"x").body == body


@pytest.mark.parametrize("method", ["HEAD", "head", "Head"])
def test_head_is_answered_with_status_and_headers_alone(method: str) -> None:
    """A body would be taken for the next response on the connection."""
    answer = Answer(200, (("x-a", ("1",)),), b"hello", delay_ms=5)
    assert answer.to(method) == Answer(200, (("x-a", ("1",)),), b"", delay_ms=5)


def test_other_methods_get_the_whole_answer() -> None:
    """The very one, no copy."""
    answer = Answer(200, (), b"hello")
    assert answer.to("GET") is answer


@pytest.mark.parametrize(
    ("chance", "delay_ms"), [(0.0, 5), (0.19, 5), (0.2, 6), (0.5, 7), (0.99999, 9)]
)
def test_a_delay_is_drawn_evenly_from_its_range(chance: float, delay_ms: int) -> None:
    """Both ends included."""
    answer = Answer(200, (), b"x", delay_ms=5, delay_spread_ms=4)
    assert answer.drawn(lambda: chance) == Answer(200, (), b"x", delay_ms=delay_ms)


def test_an_answer_with_one_delay_is_not_made_again() -> None:
    """Nothing is drawn for it."""
    answer = Answer(200, delay_ms=5)
    assert answer.drawn(lambda: 1 / 0) is answer
