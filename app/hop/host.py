"""A host: its name in normal form, and its port where one was named.

The normal form is lower case, without one trailing dot, IPv6 in brackets and in its one short
spelling, and Unicode labels in the punycode in which clients send them. Whatever is no host at all
is kept as its lower-case text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address

import idna

# A name, up to the bracket that closes an IPv6 address or to the first colon, and perhaps a port.
_NAME_AND_PORT = re.compile(r"(.*]|[^:]*)(?::([0-9]{0,5}))?", re.DOTALL)
_PUNYCODE = re.compile(r"[a-z0-9_-]*")
_LONGEST_LABEL = 63
# Four times the longest name there is; what is longer is none.
_LONGEST_NAME = 1024
# The same few hosts are met again and again; so many are kept, up to that length.
_KEPT, _SHORT = 4096, 256


def _ipv6(text: str) -> str | None:
    """The one spelling of an address; None for what is no IPv6 address."""
    try:
        address = IPv6Address(text)
    except ValueError:
        return None
    if address.ipv4_mapped:
        return f"::ffff:{address.ipv4_mapped}"
    return address.compressed


def _split(authority: str) -> tuple[str, int | None]:
    found = _NAME_AND_PORT.fullmatch(authority)
    if found is None:
        address = _ipv6(authority)
        return (f"[{address}]" if address else authority), None
    name, port = found.groups()
    if name.startswith("[") and (address := _ipv6(name[1:-1])):
        name = f"[{address}]"
    return name, int(port) if port else None


def _ascii_label(label: str) -> str | None:
    """A label in ASCII; None where it has no such form."""
    if label.isascii():
        encoded = label
    elif len(label) > _LONGEST_LABEL:
        # It has none, and looking for it takes quadratic time.
        return None
    else:
        encoded = f"xn--{label.encode('punycode').decode()}"
    return encoded if _PUNYCODE.fullmatch(encoded) else None


def _ascii_name(name: str) -> str:
    """A name in the form in which browsers send it: that of UTS 46, which tells `ß` from `ss`."""
    if name.isascii() or len(name) > _LONGEST_NAME:
        return name
    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
        labels = list(map(_ascii_label, mapped.split(".")))
    except (idna.IDNAError, UnicodeError):
        return name
    found = [label for label in labels if label is not None]
    return ".".join(found) if len(found) == len(labels) else name


@dataclass(frozen=True, slots=True)
class Host:
    """A host in normal form.

    name: without the port, IPv6 in brackets; empty if unknown.
    port: None where none was named.
    usual_port: that of its scheme, where this is known; it stands for a port that was not named.
    """

    name: str
    port: int | None = None
    usual_port: int | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str, usual_port: int | None = None) -> "Host":
        """The host of an authority, or the end of one; never raises."""
        parse = _parsed if len(text) <= _SHORT else _parsed.__wrapped__
        return parse(text, usual_port)

    @classmethod
    def parse_all(cls, texts: Iterable[str]) -> tuple["Host", ...]:
        """The host of each text."""
        return tuple(map(cls.parse, texts))

    def __str__(self) -> str:
        return self.name if self.port is None else f"{self.name}:{self.port}"

    def _agrees_on_port(self, wanted: "Host") -> bool:
        port = self.usual_port if self.port is None else self.port
        return wanted.port is None or wanted.port == port

    def is_host(self, wanted: "Host") -> bool:
        """Whether it is the wanted host; the port counts only where that one names it."""
        return self.name == wanted.name and self._agrees_on_port(wanted)

    def ends_with(self, suffix: "Host") -> bool:
        """Whether it ends with the suffix as text; the port as in `is_host`."""
        return self.name.endswith(suffix.name) and self._agrees_on_port(suffix)

    def is_within(self, domain: "Host") -> bool:
        """Whether it is the domain itself or any subdomain of it; the port as in `is_host`."""
        name = domain.name.removeprefix(".")
        is_part = self.name == name or self.name.endswith(f".{name}")
        return is_part and self._agrees_on_port(domain)


@lru_cache(_KEPT)
def _parsed(text: str, usual_port: int | None) -> Host:
    authority = text.strip().lower().rpartition("@")[2]
    name, port = _split(authority)
    name = _ascii_name(name)
    return Host(name.removesuffix(".") or name, port, usual_port)
