"""A host: its name in normal form, and its port where one was named.

The normal form is lower case, without one trailing dot, IPv6 in brackets, and Unicode labels in the
punycode in which clients send them. Whatever is no host at all is kept as its lower-case text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

# A name, up to the bracket that closes an IPv6 address or to the first colon, and perhaps a port.
_NAME_AND_PORT = re.compile(r"(.*]|[^:]*)(?::([0-9]{0,5}))?", re.DOTALL)
_PUNYCODE = re.compile(r"[a-z0-9_-]+")
_LONGEST_LABEL = 63


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _split(authority: str) -> tuple[str, int | None]:
    found = _NAME_AND_PORT.fullmatch(authority)
    if found is None:
        return (f"[{authority}]" if _is_ipv6(authority) else authority), None
    name, port = found.groups()
    return name, int(port) if port else None


def _ascii_label(label: str) -> str:
    # A label that is too long has no punycode, and looking for it takes quadratic time.
    if label.isascii() or len(label) > _LONGEST_LABEL:
        return label
    try:
        encoded = label.encode("idna").decode()
    except UnicodeError:
        return label
    return encoded if _PUNYCODE.fullmatch(encoded) else label


def _ascii_name(name: str) -> str:
    if name.isascii():
        return name
    return ".".join(map(_ascii_label, name.split(".")))


@dataclass(frozen=True, slots=True)
class Host:
    """A host in normal form.

    name: without the port, IPv6 in brackets; empty if unknown.
    port: None where none was named.
    """

    name: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Host":
        """The host of an authority, or the end of one; never raises."""
        authority = text.strip().lower().rpartition("@")[2]
        name, port = _split(authority)
        return cls(_ascii_name(name.removesuffix(".") or name), port)

    @classmethod
    def parse_all(cls, texts: Iterable[str]) -> tuple["Host", ...]:
        """The host of each text."""
        return tuple(map(cls.parse, texts))

    def __str__(self) -> str:
        return self.name if self.port is None else f"{self.name}:{self.port}"

    def _agrees_on_port(self, wanted: "Host") -> bool:
        # The scheme is unknown and with it the default port, so an unnamed port agrees with none.
        return wanted.port is None or wanted.port == self.port

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
