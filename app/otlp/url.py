"""A URL as a span names it, in parts; whatever is not one gives empty parts."""

import re
from typing import NamedTuple

# RFC 3986, appendix B, with the scheme optional: it matches any text at all.
_PARTS = re.compile(r"(?:(?:([A-Za-z][A-Za-z0-9+.-]*):)?//([^/?#]*))?([^?#]*)(?:\?([^#]*))?")


class Url(NamedTuple):
    """The parts of a URL that a hop is made of, as they were written.

    authority: the host, perhaps with a port, without user information.
    path: begins with a slash, or is empty where there is no URL.
    query: without its question mark.
    scheme: as it was written.
    """

    authority: str = ""
    path: str = ""
    query: str = ""
    scheme: str = ""

    @property
    def target(self) -> str:
        """The path with the query, where there is one."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @classmethod
    def parse(cls, url: str) -> "Url":
        """The parts of a URL; never raises."""
        found = _PARTS.match(url)
        scheme, authority, path, query = found.groups("") if found else ("", "", "", "")
        if not authority and not path.startswith("/"):
            return cls()
        return cls(authority.rpartition("@")[2], path or "/", query, scheme)
