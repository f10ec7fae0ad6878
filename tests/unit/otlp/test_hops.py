from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.host import Host
from app.hop.model import Hop
from app.otlp.hops import read_hop
from tests.unit.otlp.payloads import plain_values

IMAGE = b"\xff\xfe\0A\xc7("

_NAMES = st.sampled_from(
    [
        "sp.session.id",
        "http.request.method",
        "url.host",
        "url.full",
        "url.path",
        "url.query",
        "http.target",
        "http.request.header.host",
        "http.request.header.:path",
        "http.request.headers.:path",
        "http.request.body",
        "http.request.body.encoding",
    ]
)


def _hop(**attributes: object) -> Hop:
    """A hop whose attributes are spelt with `__` for dots."""
    return read_hop({name.replace("__", "."): value for name, value in attributes.items()}, {})


def test_session_direction_and_service_are_the_spans_own_words() -> None:
    """They win over the resource's."""
    hop = read_hop(
        {"sp.session.id": "s", "sp.traffic.direction": "inbound", "sp.service.name": "api"},
        {"sp.session.id": "other", "service.name": "other"},
    )
    assert (hop.session_id, hop.direction, hop.service) == ("s", "inbound", "api")


def test_the_resource_names_session_and_service_where_the_span_does_not() -> None:
    """An empty attribute is as good as none."""
    hop = read_hop({"sp.service.name": ""}, {"sp.session.id": "s", "service.name": "api"})
    assert (hop.session_id, hop.service) == ("s", "api")


@pytest.mark.parametrize("part", ["method", "authority", "target"])
def test_each_part_of_a_hop_has_its_fallbacks_in_order(part: str) -> None:
    """Without the strongest attribute, the next one speaks."""
    sources: dict[str, list[tuple[str, str, str]]] = {
        "method": [
            ("http.request.method", "GET", "GET"),
            ("http.method", "PUT", "PUT"),
            ("http.request.header.:method", "POST", "POST"),
        ],
        "authority": [
            ("url.host", "a:1", "a:1"),
            ("url.full", "http://u@b:2/x", "b:2"),
            ("http.request.header.:authority", "c:3", "c:3"),
            ("http.request.header.host", "d:4", "d:4"),
        ],
        "target": [
            ("url.path", "/a?x", "/a?x"),
            ("url.full", "http://h/b?x", "/b"),
            ("http.target", "/c?x", "/c?x"),
            ("http.request.header.:path", "/d?x", "/d?x"),
        ],
    }
    left = sources[part]
    while left:
        hop = read_hop({name: value for name, value, _ in left}, {})
        assert getattr(hop, part) == left[0][2]
        left = left[1:]
    assert getattr(read_hop({}, {}), part) == ""


def test_the_query_comes_from_the_first_attribute_that_has_one() -> None:
    """The path attribute, `url.full`, `http.target`, `url.query`, and last `:path`."""
    left = [
        ("url.full", "http://h/p?from=full", "from=full"),
        ("http.target", "/p?from=target", "from=target"),
        ("url.query", "from=query", "from=query"),
        ("http.request.header.:path", "/p?from=pseudo", "from=pseudo"),
    ]
    while left:
        read = read_hop({"url.path": "/p"} | {name: value for name, value, _ in left}, {})
        assert (read.target, read.query_string) == ("/p", left[0][2])
        left = left[1:]
    hop = _hop(url__path="/p?from=path", url__full="http://h/p?from=full")
    assert (hop.target, hop.query_string) == ("/p?from=path", "")
    assert _hop(url__path="/p", url__query="?a=1").query_string == "a=1"


def test_an_ipv6_authority_is_taken_whole_from_attribute_header_and_url() -> None:
    """Its colons are not taken for a port's."""
    authority = "[2001:DB8::1]:8443"
    spellings: list[Mapping[str, object]] = [
        {"url.host": authority},
        {"http.request.header.host": authority},
        {"url.full": f"https://{authority}/x"},
    ]
    for attributes in spellings:
        assert read_hop(attributes, {}).authority == authority


def test_headers_are_read_in_both_spellings_with_lower_case_names() -> None:
    """Where both spellings name a header the singular counts."""
    hop = read_hop(
        {
            "http.request.header.X-One": "1",
            "http.request.headers.x-two": "2",
            "http.request.headers.x-one": "not this",
            "http.request.header.:method": "GET",
            "http.request.headerless": "no header",
            "http.response.header.x-three": "no request header",
        },
        {},
    )
    assert hop.headers == {"x-one": ("1",), "x-two": ("2",), ":method": ("GET",)}
    assert hop.method == "GET"


def test_a_header_keeps_each_of_its_values() -> None:
    """An array is never joined, one value never split; what is not text is taken as its text."""
    hop = read_hop(
        {
            "http.request.header.cookie": ["a=1", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT"],
            "http.request.header.date": "Wed, 09 Jun 2027 10:18:14 GMT",
            "http.request.header.n": 5,
            "http.request.header.b": [True, b"x"],
            "http.request.header.none": [],
            "http.request.header.unset": None,
            "http.request.header.A": "1",
            "http.request.header.a": "2",
        },
        {},
    )
    assert hop.headers == {
        "cookie": ("a=1", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT"),
        "date": ("Wed, 09 Jun 2027 10:18:14 GMT",),
        "n": ("5",),
        "b": ("true", "x"),
        "a": ("1", "2"),
    }


@pytest.mark.parametrize(
    "attributes",
    [
        {"http.request.body": IMAGE},
        {"http.request.body": IMAGE, "http.request.body.encoding": "base64"},
        {"http.request.body": "//4AQcco", "http.request.body.encoding": "base64"},
        {"http.request.body": "__4AQcco", "http.request.body.encoding": "BASE64"},
    ],
)
def test_an_uploaded_body_that_is_not_text_has_the_same_bytes_in_every_form(
    attributes: Mapping[str, object],
) -> None:
    """As bytes and as base64."""
    assert read_hop(attributes, {}).body == IMAGE


@pytest.mark.parametrize(
    ("attributes", "body"),
    [
        ({}, b""),
        ({"http.request.body": None}, b""),
        ({"http.request.body": ""}, b""),
        ({"http.request.body": b""}, b""),
        ({"http.request.body": "", "http.request.body.encoding": "base64"}, b""),
        ({"http.request.body": "//4AQcco"}, b"//4AQcco"),
        ({"http.request.body": "h\xe9\0", "http.request.body.encoding": "base64"}, b"h\xc3\xa9\0"),
        ({"http.request.body": "x", "http.request.body.encoding": "utf-8"}, b"x"),
        ({"http.request.body": 12}, b"12"),
        ({"http.request.body": {"a": [1]}}, b'{"a": [1]}'),
    ],
)
def test_a_body_is_its_bytes(attributes: Mapping[str, object], body: bytes) -> None:
    """Missing and empty are the same, and what claims to be base64 but is not stays text."""
    assert read_hop(attributes, {}).body == body


def test_the_tags_are_the_spans_attributes() -> None:
    """As plain values, whatever else was made of them."""
    attributes = {"sp.session.id": "s", "team": "payments", "n": 1, "on": True}
    assert read_hop(attributes, {"service.name": "api"}).tags == attributes


@given(st.dictionaries(_NAMES, plain_values))
def test_no_attributes_are_too_strange_for_a_hop(attributes: Mapping[str, object]) -> None:
    """Values of any kind may stand under any name."""
    hop = read_hop(attributes, attributes)
    for part in (hop.session_id, hop.method, hop.authority, hop.target, hop.query_string):
        assert isinstance(part, str)
    assert isinstance(hop.body, bytes)


@pytest.mark.parametrize("name", ["http.target", "http.request.header.:path"])
@pytest.mark.parametrize(
    ("asked", "target", "authority"),
    [
        ("http://h.example/p?q=1", "/p?q=1", "h.example"),
        ("HTTPS://h.example:8443", "/", "h.example:8443"),
        ("https://[::1]:1/p%2f", "/p%2f", "[::1]:1"),
        ("//h.example/p", "//h.example/p", ""),
        ("/http://h.example/p", "/http://h.example/p", ""),
        ("*", "*", ""),
    ],
)
def test_a_target_in_absolute_form_names_the_path_and_perhaps_the_host(
    name: str, asked: str, target: str, authority: str
) -> None:
    """As clients ask a proxy; what merely looks like it is a path."""
    assert (_hop(**{name: asked}).target, _hop(**{name: asked}).authority) == (target, authority)
    named = _hop(**{name: asked, "url.host": "other"})
    assert (named.target, named.authority) == (target, "other")


@pytest.mark.parametrize(
    ("url", "wanted", "agrees"),
    [
        ("https://h/x", "h:443", True),
        ("HTTP://h/x", "h:80", True),
        ("https://h/x", "h:80", False),
        ("https://h:8443/x", "h:443", False),
        ("//h/x", "h:443", False),
        ("ftp://h/x", "h:21", False),
    ],
)
def test_the_scheme_of_a_url_says_which_port_is_meant(url: str, wanted: str, agrees: bool) -> None:
    """Where the URL names none."""
    hop = _hop(**{"url.full": url})
    assert hop.host.is_host(Host.parse(wanted)) is agrees
    assert hop.host.ends_with(Host.parse(wanted)) is agrees
    assert hop.host.is_within(Host.parse(wanted)) is agrees
