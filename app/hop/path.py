"""A path: its normal form, in which two spellings of one path are the same text.

Escapes of unreserved characters are decoded, other escapes have upper-case hex, what may not stand
raw in a URI's path is escaped; slashes and dot segments stay. A broken escape stands for itself.
"""

import re
from string import hexdigits
from urllib.parse import quote_from_bytes

# What may stand in a path as it is, beside what is unreserved.
_RAW = "!$&'()*+,;=:@/%"
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
# Nothing but what is in its normal form anyway, as nearly all paths are.
_NORMAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
# A broken escape is taken together with a hex digit and the escapes of hex digits that follow it.
# They stay as they are: decoded, they would make it whole, and normal forms would not be stable.
# Both kinds are taken in runs, as a path may be megabytes of one of them.
_ESCAPES = re.compile(
    r"""(?P<whole> (?: %[0-9A-Fa-f]{2} )++ )
      | (?: (?!%[0-9A-Fa-f]{2}) %[0-9A-Fa-f]? (?: %(?: 3[0-9] | [46][1-6] ) )* )++""",
    re.VERBOSE,
)


def _decoded(escapes: str) -> str:
    # What is not unreserved is escaped again.
    return quote_from_bytes(bytes.fromhex(escapes.replace("%", "")), safe="")


_SINGLE = {f"%{one}{two}": _decoded(f"%{one}{two}") for one in hexdigits for two in hexdigits}


def _normal(found: re.Match[str]) -> str:
    text = found[0]
    if found.lastgroup is None:
        return text
    return _SINGLE.get(text) or _decoded(text)


def split_target(target: str) -> tuple[str, str]:
    """A request target's path and query; the query is empty where there is none."""
    path, _, query = target.partition("?")
    return path, query


def normal_escapes(text: str) -> str:
    """The normal form of any part of a path."""
    if _NORMAL.fullmatch(text):
        return text
    quoted = quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe=_RAW)
    return _ESCAPES.sub(_normal, quoted) if _ESCAPE.search(text) else quoted


def normal_path(path: str) -> str:
    """The normal form of a whole path, without a query; an empty one is `/`, as in HTTP."""
    return normal_escapes(path) or "/"
