"""A hop: one HTTP exchange as the proxy describes it, with its parts in normal form on demand.

`otlp` fills in what was on the wire; the derived parts are worked out at most once, and only when a
rule asks for them. The normal forms are those of rules.md, "Normal forms".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.hop.content import INFLATED_LIMIT, Content
from app.hop.host import Host
from app.hop.inflate import inflate
from app.hop.json_value import Json, NotJson, parse_json
from app.hop.lazy import lazy_property
from app.hop.path import normal_path, split_target

# Many times what one JSONPath costs over an ordinary body: some two seconds on a small machine,
# however many rules ask.
STEPS = 2_000_000
# What all patterns together may cost, in looks: some two seconds on a small machine.
PATTERN_WORK = 250_000_000
USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(kw_only=True)
class Hop:
    """One hop, as it was on the wire.

    session_id: the session it belongs to; empty if the proxy named none.
    direction: `inbound`, `outbound` or empty.
    service: the service's name; empty if unknown.
    method: as sent, any case.
    authority: the host, perhaps with a port, as sent.
    scheme: the URL's, where it is known.
    target: the path, perhaps with a query string, as sent.
    query_string: the query string where it came apart from the target, else empty.
    headers: lower-case names; each with its values in the order in which they were sent.
    body: the request's bytes; empty and missing are the same.
    tags: the span's attributes, as plain values.
    steps: what all JSONPaths together may still cost over its body; whoever evaluates one pays.
    pattern_work: the same of patterns over its headers.
    given_up: how often something about it was not found out, because it was too much work.
    selections: what JSONPaths have selected in its body so far, for who evaluates them to keep.
    """

    session_id: str = ""
    direction: str = ""
    service: str = ""
    method: str = ""
    authority: str = ""
    scheme: str = ""
    target: str = ""
    query_string: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: bytes = b""
    tags: Mapping[str, object] = field(default_factory=dict)
    steps: int = field(default=STEPS, compare=False, repr=False)
    pattern_work: int = field(default=PATTERN_WORK, compare=False, repr=False)
    given_up: int = field(default=0, compare=False, repr=False)
    selections: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """All but the selections: what is under way cannot go to another process."""
        return self.__dict__ | {"selections": {}}

    @lazy_property
    def host(self) -> Host:
        """The host in normal form, with the port where one was named."""
        return Host.parse(self.authority, USUAL_PORTS.get(self.scheme.lower()))

    @lazy_property
    def path(self) -> str:
        """The path in normal form, without the query string."""
        return normal_path(split_target(self.target)[0])

    @lazy_property
    def plain_body(self) -> bytes:
        """The body without its content codings; as it came where they are unknown or broken."""
        return inflate(self.body, self.headers.get("content-encoding", ()), INFLATED_LIMIT)

    @lazy_property
    def json(self) -> Json | NotJson:
        """The body's JSON value; `NOT_JSON` where it has none."""
        return parse_json(self.plain_body)

    @lazy_property
    def content(self) -> Content:
        """The body in normal form: JSON, text or bytes."""
        return Content.of(self.plain_body, self.json)
