import gzip

from app.hop.content import Content, Kind
from app.hop.host import Host
from app.hop.json_value import NOT_JSON
from app.hop.model import Hop


def test_a_hop_knows_nothing_unless_told() -> None:
    """Its path is then that of a client that names none."""
    hop = Hop()
    assert (hop.host, hop.path, hop.content) == (Host(""), "/", Content(Kind.EMPTY))


def test_the_parts_of_a_hop_are_in_normal_form() -> None:
    """What was on the wire stays beside them."""
    hop = Hop(authority="API.example.com.:8443", target="/a%2fb%41?c=d", body=b'{"a": 1.0}')
    assert hop.host == Host("api.example.com", 8443)
    assert hop.path == "/a%2FbA"
    assert hop.content == Content(Kind.JSON, b'{"a":1}')
    assert (hop.authority, hop.target) == ("API.example.com.:8443", "/a%2fb%41?c=d")


def test_a_query_is_no_part_of_the_path() -> None:
    """However many question marks it has."""
    assert Hop(target="/v1/vars?ids=22&ids=44?").path == "/v1/vars"


def test_a_compressed_body_is_inflated_for_comparison_alone() -> None:
    """The hop keeps the bytes as they came."""
    packed = gzip.compress(b"[1]")
    hop = Hop(headers={"content-encoding": ("gzip",)}, body=packed)
    assert hop.content == Content(Kind.JSON, b"[1]")
    assert hop.body == packed


def test_a_part_is_worked_out_once() -> None:
    """The second rule that asks gets what the first one got."""
    hop = Hop(authority="api", target="/a", body=b"{}")
    assert hop.host is hop.host
    assert hop.content is hop.content


def test_a_body_is_parsed_once_for_all_who_ask() -> None:
    """Its value and its content stem from one reading."""
    hop = Hop(body=b'{"a": 1.0}')
    assert hop.json == {"a": 1}
    assert hop.json is hop.json
    assert Hop(body=b"a=1").json is NOT_JSON
