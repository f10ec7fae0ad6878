"""Trace context in Lua: how a session travels in `tracestate`, and what a `traceparent` is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.envoy.lua import Lua, untimed

LUA = Lua()
CONTEXT = LUA.module("trace_context")
SESSION = "sess_01HZX0000000000000000000AB"
OURS = f"softprobe={SESSION}"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

MEMBERS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,20}=[!-+\--<>-~]{1,200}", fullmatch=True), max_size=40
)


def session(**headers: str) -> str | None:
    """The session that a request with these headers names."""
    content = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    found = CONTEXT.session(LUA.headers(content))
    return found.decode() if found else None


def with_session(state: str | None) -> list[str]:
    """The members of a `tracestate` into which the session was written."""
    written = CONTEXT.with_session(state.encode() if state else None, SESSION.encode())
    text: str = written.decode()
    return text.split(",")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"x_softprobe_session_id": SESSION}, SESSION),
        ({"tracestate": OURS}, SESSION),
        ({"tracestate": f"vendor=1, {OURS}\t,other=2"}, SESSION),
        ({"x_softprobe_session_id": "sess_header", "tracestate": OURS}, "sess_header"),
        ({"x_softprobe_session_id": "", "tracestate": OURS}, SESSION),
        ({"x_softprobe_session_id": "no, session"}, None),
        ({"x_softprobe_session_id": "s" * 257}, None),
        ({"tracestate": "xsoftprobe=no,softprobe2=no,vendor=softprobe=no"}, None),
        ({"tracestate": "softprobe=,softprobe=not valid"}, None),
    ],
)
def test_a_session_comes_from_its_header_or_from_our_member(
    headers: dict[str, str], expected: str | None
) -> None:
    """The header wins; what cannot be an id is none."""
    assert session(**headers) == expected


def test_our_member_comes_first_and_the_others_stay_in_order() -> None:
    """W3C asks whoever changes its member to put it first."""
    assert with_session("b=2, a=1") == [OURS, "b=2", "a=1"]
    assert with_session(f"b=2,softprobe=old,a=1,{OURS}") == [OURS, "b=2", "a=1"]
    assert with_session(None) == with_session("") == with_session(" , ,") == [OURS]


@untimed
@given(MEMBERS)
def test_a_tracestate_stays_within_the_limits_of_w3c(members: list[str]) -> None:
    """At most 32 members and 512 characters, none cut, and the session read back from it."""
    written = with_session(",".join(members))
    text = ",".join(written)
    assert len(written) <= 32
    assert len(text) <= 512
    assert written[0] == OURS
    remaining = iter(members)
    assert all(member in remaining for member in written[1:])
    assert session(tracestate=text) == SESSION


def test_long_members_go_first_and_then_the_last_ones() -> None:
    """A short neighbour outlives a member of more than 128 characters."""
    long, short = "long=" + "x" * 200, [f"m{index}={'y' * 50}" for index in range(8)]
    written = with_session(",".join([long, *short]))
    assert written == [OURS, *short]
    many = [f"m{index:02}={'y' * 60}" for index in range(20)]
    assert with_session(",".join(many)) == [OURS, *many[:7]]


@pytest.mark.parametrize(
    ("parent", "valid"),
    [
        (f"00-{TRACE}-{PARENT}-01", True),
        (f"cc-{TRACE}-{PARENT}-00-more", True),
        (f"00-{TRACE}-{PARENT}-01-more", False),
        (f"ff-{TRACE}-{PARENT}-01", False),
        (f"00-{TRACE.upper()}-{PARENT}-01", False),
        (f"00-{'0' * 32}-{PARENT}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE[1:]}-{PARENT}-01", False),
        (f"00-{TRACE}-{PARENT}-1", False),
        (f"00-{TRACE}-{PARENT}", False),
        ("", False),
    ],
)
def test_a_traceparent_is_read_where_it_is_valid(parent: str, valid: bool) -> None:
    """Anything misshapen is as if missing."""
    found = CONTEXT.read_parent(parent.encode())
    assert found == ((TRACE.encode(), PARENT.encode()) if valid else None)


@pytest.mark.parametrize("size", [8, 16])
def test_new_ids_are_hex_and_differ(size: int) -> None:
    """Ids of 8 and 16 bytes, none twice."""
    ids = [CONTEXT.new_id(size).decode() for _ in range(200)]
    assert all(re.fullmatch(f"[0-9a-f]{{{2 * size}}}", one) for one in ids)
    assert len(set(ids)) == len(ids)
