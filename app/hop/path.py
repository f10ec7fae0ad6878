"""A path: its normal form, in which two spellings of one path are the same text.

Escapes of unreserved characters are decoded, other escapes have upper-case hex, what may not stand
raw in a URI's path is escaped; slashes and dot segments stay. A broken escape stands for itself.
"""

import re

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# A broken escape is taken together with a hex digit and the escapes of hex digits that follow it.
# They stay as they are: decoded, they would make it whole, and normal forms would not be stable.
_CHANGEABLE = re.compile(
    r"""(?P<escape> %[0-9A-Fa-f]{2} )
      | (?P<broken> %[0-9A-Fa-f]? (?: %(?: 3[0-9] | [46][1-6] ) )* )
      | (?P<raw> [^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+ )""",
    re.VERBOSE,
)


def _decoded(escape: str) -> str:
    character = chr(int(escape[1:], 16))
    return character if character in _UNRESERVED else escape.upper()


def _escaped(raw: str) -> str:
    return "".join(f"%{octet:02X}" for octet in raw.encode("utf-8", "surrogatepass"))


def _normal(found: re.Match[str]) -> str:
    text = found[0]
    if found.lastgroup == "escape":
        return _decoded(text)
    return text if found.lastgroup == "broken" else _escaped(text)


def split_target(target: str) -> tuple[str, str]:
    """A request target's path and query; the query is empty where there is none."""
    path, _, query = target.partition("?")
    return path, query


def normal_escapes(text: str) -> str:
    """The normal form of any part of a path."""
    return _CHANGEABLE.sub(_normal, text)


def normal_path(path: str) -> str:
    """The normal form of a whole path, without a query; an empty one is `/`, as in HTTP."""
    return normal_escapes(path) or "/"
