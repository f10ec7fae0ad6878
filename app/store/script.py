"""Lua scripts: read from `app/lua/`, checked against their Python callers, run by their hash.

A script's head says what it is for, its keys, its arguments with their types, its replies, what is
atomic, which pieces of `include/` it wants, and with `ack: memory` that nobody waits for its
writes to get any further. The local names that its body uses are written from
that head, so no body says `ARGV[3]`, and a head that disagrees with its caller fails at import.
"""

import hashlib
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, get_type_hints

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from app.store.ack import Ack, Acknowledging

P = ParamSpec("P")

LUA = Path(__file__).parent.parent / "lua"
SECTIONS = ("keys", "args", "replies", "atomic")
# What may be handed over for each type that a head can name.
TYPES: dict[str, tuple[Any, ...]] = {
    "text": (str, bytes, str | bytes),
    "integer": (int,),
    "flag": (bool,),
    "list": (Sequence[str | bytes],),
}
# The type of a script's only key, where it stands for any number of keys.
MANY_KEYS = "hashes"


# The names of all scripts, by hash and by text.
SCRIPT_NAMES: dict[str, str] = {}


class ScriptError(Exception):
    """A script and its caller disagree: a fault of the code, met at import."""


class Reply(NamedTuple):
    """A script's answer: its word, one of those that the head lists, and the values behind it."""

    word: str
    values: list[Any]


@dataclass
class Head:
    """What a script's head says."""

    purpose: str
    sections: dict[str, list[list[str]]] = field(default_factory=dict)
    includes: list[str] = field(default_factory=list)

    @property
    def is_waited_for(self) -> bool:
        """Whether its writes are acknowledged as SOFTPROBE_STORE_ACK says, or as soon as made."""
        return self.sections.get("ack") != [["memory"]]

    def names(self, section: str) -> list[str]:
        """The names that a section lists, in order."""
        return [entry[0] for entry in self.sections[section]]

    @property
    def has_many_keys(self) -> bool:
        """Whether its only key stands for any number of them."""
        return self.sections["keys"][0][1] == MANY_KEYS


def _head_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("--"):
            return
        yield line.removeprefix("--")


def parse_head(name: str, text: str) -> Head:
    """The head of a script. Raises ScriptError if a part of it is missing."""
    lines = list(_head_lines(text))
    head = Head(purpose=lines[0].strip() if lines else "")
    section: list[list[str]] = []
    for line in lines[1:]:
        if title := re.match(r" (\w+):(.*)", line):
            section = head.sections.setdefault(title[1], [])
            if title[2].strip():
                section.append(title[2].split())
        elif line.startswith("   "):
            section.append(line.split())
    missing = [part for part in SECTIONS if not head.sections.get(part)]
    if missing or not head.purpose.endswith("."):
        raise ScriptError(f"{name}.lua: its head lacks {', '.join(missing) or 'its sentence'}")
    wanted = head.sections.get("include", [])
    head.includes = [piece.strip(",") for line in wanted for piece in line]
    return head


def _include(piece: str, wanted_by: str) -> str:
    path = LUA / "include" / f"{piece}.lua"
    if not path.is_file():
        raise ScriptError(f"{wanted_by}.lua: there is no include/{piece}.lua")
    text = path.read_text("utf-8")
    if f"local function {piece}(" not in text:
        raise ScriptError(f"include/{piece}.lua does not define {piece}()")
    return text


def _locals(head: Head) -> Iterator[str]:
    for position, name in enumerate(head.names("keys"), 1):
        yield f"local {name} = KEYS" if head.has_many_keys else f"local {name} = KEYS[{position}]"
    for position, (name, kind, *_) in enumerate(head.sections["args"], 1):
        if kind == "list":
            yield f"local {name} = {{}}"
            yield f"for i = {position}, #ARGV do {name}[#{name} + 1] = ARGV[i] end"
        else:
            yield f"local {name} = ARGV[{position}]"


def assemble(name: str, text: str, head: Head) -> str:
    """The whole script: locals from the head, the included pieces, the body."""
    pieces = [_include(piece, name) for piece in head.includes]
    return "\n".join([*_locals(head), *pieces, text])


def _check_caller(name: str, head: Head, caller: Callable[..., Any]) -> None:
    hints = get_type_hints(caller)
    parameters = list(inspect.signature(caller).parameters)
    keys, arguments = parameters[0], parameters[1:]
    if list(getattr(hints[keys], "_fields", ())) != head.names("keys"):
        raise ScriptError(f"{name}.lua: its keys are not those of {hints[keys]}")
    if arguments != head.names("args"):
        raise ScriptError(f"{name}.lua: its arguments are not those of its caller: {arguments}")
    kinds = [entry[1] for entry in head.sections["args"]]
    for argument, kind in zip(arguments, kinds, strict=True):
        if hints[argument] not in TYPES.get(kind, ()):
            raise ScriptError(f"{name}.lua: {argument} is no {kind} in its caller")
    if "list" in kinds[:-1]:
        raise ScriptError(f"{name}.lua: a list must be the last argument")


def _encode(name: str, value: Any) -> Iterator[str | bytes | int]:
    if value is None:
        raise ScriptError(f"{name}: None is no argument of a script")
    if isinstance(value, bool):
        yield int(value)
    elif isinstance(value, str | bytes | int):
        yield value
    else:
        yield from value


class Script:
    """One script, ready to run against any client."""

    def __init__(self, name: str, caller: Callable[..., Any]) -> None:
        text = (LUA / f"{name}.lua").read_text("utf-8")
        self.name = name
        self.head = parse_head(name, text)
        _check_caller(name, self.head, caller)
        self.source = assemble(name, text, self.head)
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        SCRIPT_NAMES[self.sha] = SCRIPT_NAMES[self.source] = name
        self._replies = frozenset(self.head.names("replies"))

    async def run(self, client: Redis, keys: tuple[str, ...], arguments: dict[str, Any]) -> Reply:
        """Run by hash; a server that has not seen the script yet is sent its text."""
        names = self.head.names("args")
        values = [piece for name in names for piece in _encode(name, arguments[name])]
        send = self._sender(client, keys[0])
        try:
            answer = await send("EVALSHA", self.sha, len(keys), *keys, *values)
        except NoScriptError:
            answer = await send("EVAL", self.source, len(keys), *keys, *values)
        word = answer[0].decode()
        if word not in self._replies:
            raise ScriptError(f"{self.name}.lua: its head does not list the reply {word}")
        return Reply(word, answer[1:])

    def _sender(self, client: Redis, key: str) -> Callable[..., Awaitable[Any]]:
        """How to send the script, so that its reply says no more than is true."""
        kind: Any = client
        waits = self.head.is_waited_for and isinstance(kind, Acknowledging)
        if waits and kind.ack is not Ack.MEMORY:
            return partial(kind.acknowledged, key)
        return client.execute_command


def lua(caller: Callable[P, Awaitable[Reply]]) -> Callable[Concatenate[Redis, P], Awaitable[Reply]]:
    """Make a caller of the script that bears the function's name.

    The function gives names, types and documentation; its body is the script. Its first parameter
    holds the keys, the others are the arguments by name.
    """
    script = Script(caller.__name__, caller)

    async def call(client: Redis, /, *args: P.args, **kwargs: P.kwargs) -> Reply:
        return await script.run(client, args[0], kwargs)  # type: ignore[arg-type]

    call.__name__ = caller.__name__
    call.__doc__ = caller.__doc__
    call.script = script  # type: ignore[attr-defined]
    return call
