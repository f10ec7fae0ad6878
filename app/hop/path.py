"""A path: its normal form, in which two spellings of one path are the same text.

Escapes of unreserved characters are decoded, other escapes have upper-case hex, what may not stand
raw in a URI's path is escaped; slashes and dot segments stay. A broken escape stands for itself.
"""

import re
from urllib.parse import quote_from_bytes

# A broken escape is taken together with a hex digit and the escapes of hex digits that follow it.
# They stay as they are: decoded, they would make it whole, and normal forms would not be stable.
# Each kind is taken in runs, as a path may be megabytes of one of them.
_CHANGEABLE = re.compile(
    r"""(?P<escapes> (?: %[0-9A-Fa-f]{2} )++ )
      | (?P<broken> (?: (?!%[0-9A-Fa-f]{2}) %[0-9A-Fa-f]? (?: %(?: 3[0-9] | [46][1-6] ) )* )++ )
      | (?P<raw> [^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+ )""",
    re.VERBOSE,
)


def _octets(found: re.Match[str]) -> bytes:
    """What escapes or raw characters stand for."""
    if found.lastgroup == "escapes":
        return bytes.fromhex(found[0].replace("%", ""))
    return found[0].encode("utf-8", "surrogatepass")


def _normal(found: re.Match[str]) -> str:
    if found.lastgroup == "broken":
        return found[0]
    # It leaves what is unreserved.
    return quote_from_bytes(_octets(found), safe="")


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
