"""The loader of Lua scripts: heads, includes, locals, and calls by hash."""

import re
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis

from app.store import script, scripts
from app.store.keys import SessionKeys, session_keys
from app.store.script import LUA, Reply, Script, ScriptError, assemble, lua, parse_head

HEAD = """-- Do a thing.
-- keys:
--   session  hash  the session
-- args:
--   first  text  some text
--   rest   list  more
-- replies:
--   ok  done
-- atomic: all of it.
"""
KEYS = session_keys("default", "sess_x")


def test_a_head_gives_its_names_in_order() -> None:
    """Keys, arguments and replies are read in the order in which the head lists them."""
    head = parse_head("thing", HEAD)
    assert head.purpose == "Do a thing."
    assert head.names("keys") == ["session"]
    assert head.names("args") == ["first", "rest"]
    assert head.names("replies") == ["ok"]


@pytest.mark.parametrize("part", ["keys", "args", "replies", "atomic"])
def test_a_head_without_a_part_is_refused(part: str) -> None:
    """A script that does not say its keys, arguments, replies or atomicity does not load."""
    lines, skipping = [], False
    for line in HEAD.splitlines():
        if line.startswith("-- ") and ":" in line:
            skipping = line.startswith(f"-- {part}:")
        if not skipping:
            lines.append(line)
    with pytest.raises(ScriptError, match=part):
        parse_head("thing", "\n".join(lines))


def test_locals_come_from_the_head() -> None:
    """No body needs to count its arguments: their names are declared for it."""
    source = assemble("thing", "return first", parse_head("thing", HEAD))
    assert source.startswith("local session = KEYS[1]\nlocal first = ARGV[1]\nlocal rest = {}\n")


def test_a_missing_include_is_refused() -> None:
    """A head that wants a piece which does not exist does not load."""
    head = parse_head("thing", HEAD + "-- include: nowhere\n")
    with pytest.raises(ScriptError, match=r"include/nowhere\.lua"):
        assemble("thing", "", head)


def test_a_caller_with_other_arguments_is_refused() -> None:
    """A Python function that disagrees with the script's head fails at import."""

    async def touch_session(keys: SessionKeys, *, minutes: int) -> Reply:
        raise AssertionError

    with pytest.raises(ScriptError, match="arguments"):
        lua(touch_session)


def test_a_caller_with_another_type_is_refused() -> None:
    """An integer of the head must be an integer of the caller."""

    async def touch_session(keys: SessionKeys, *, ttl_ms: str) -> Reply:
        raise AssertionError

    with pytest.raises(ScriptError, match="ttl_ms"):
        lua(touch_session)


def test_none_is_no_argument() -> None:
    """None is refused in Python, naming the parameter."""
    with pytest.raises(ScriptError, match="owner"):
        list(script._encode("owner", None))


def every_script() -> Sequence[Script]:
    """All scripts that have a caller."""
    return [held.script for held in vars(scripts).values() if hasattr(held, "script")]


def test_every_lua_file_has_a_caller() -> None:
    """No script lies about unused, and every include is wanted by one."""
    assert {held.name for held in every_script()} == {path.stem for path in LUA.glob("*.lua")}
    wanted = {piece for held in every_script() for piece in held.head.includes}
    assert wanted == {path.stem for path in (LUA / "include").glob("*.lua")}


@pytest.mark.parametrize("held", every_script(), ids=lambda held: held.name)
def test_a_script_replies_only_what_its_head_lists(held: Script) -> None:
    """Each word that a body can reply stands in the head, and each in the head is replied."""
    body = (LUA / f"{held.name}.lua").read_text("utf-8")
    words = set(re.findall(r"\{ '([a-z]+)'", body))
    words |= {"gone", "closing"} if "return { refused }" in body else set()
    assert words == set(held.head.names("replies"))


async def test_a_script_is_sent_again_after_the_server_forgot_it(client: Redis) -> None:
    """NOSCRIPT is answered with the script's text, and the call goes on."""
    await scripts.create_session(
        client, KEYS, mode="replay", policy="{}", project="", grace_ms=0, ttl_ms=60_000, tag="t"
    )
    await client.script_flush()
    reply = await scripts.touch_session(client, KEYS, ttl_ms=60_000)
    assert reply.word == "ok"
