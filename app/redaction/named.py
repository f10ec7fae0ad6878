"""What a redaction names: headers, parameters of query strings, and bodies, replaced in place."""

import re
from collections.abc import Mapping
from urllib.parse import quote_plus

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from app.hop.redaction import REDACTED
from app.redaction import keys
from app.redaction.attribute_lists import Pairs
from app.redaction.form import Fields, redact_query, redact_target
from app.redaction.names import Names
from app.redaction.secrets import Secrets
from app.redaction.side import Side
from app.redaction.values import change_texts, replace_value

_MARK = quote_plus(REDACTED)
_USER = re.compile(r"(?<=//)[^/?#]*(?=@)")


class Named:
    """Takes what is named out of attributes.

    names: what is named. secrets: is told what went.
    sides: by `request` and `response`; empty where all bodies stay.
    """

    def __init__(self, names: Names, secrets: Secrets, sides: Mapping[str, Side]) -> None:
        self._names = names
        self._secrets = secrets
        self._sides = sides
        self._fields = Fields(names.has_parameter, names.are_in, secrets.add_parameter)
        self._has_user = "authorization" in names.headers

    def redact(self, pairs: Pairs) -> None:
        """Take it out of the attributes of one list."""
        self._redact_bodies(pairs)
        for pair in pairs:
            key = pair.key.strip().lower()
            if self._names.headers:
                self._redact_header(key, pair.value)
            if keys.is_host(key) and self._has_user:
                change_texts(pair.value, self._host)
            elif keys.is_link(key):
                change_texts(pair.value, self._target)
            elif key == "url.query":
                change_texts(pair.value, self._query)

    def _redact_bodies(self, pairs: Pairs) -> None:
        seen = set()
        for pair in reversed(pairs):
            found = keys.BODY.fullmatch(pair.key.lower())
            if not found or not self._sides:
                continue
            if found[0] in seen:
                # Nobody reads it: of a repeated key the last one counts.
                self._replace(pair.value)
            elif self._sides[found[1]].redact(pair):
                self._set_identity(pairs, found[1])
            seen.add(found[0])

    def _set_identity(self, pairs: Pairs, side: str) -> None:
        """Say that a body is in no content coding any more."""
        for pair in pairs:
            found = keys.HEADER.fullmatch(pair.key.lower())
            if found and found[1] == side and keys.header_name(found[0]) == "content-encoding":
                pair.value.string_value = "identity"

    def _redact_header(self, key: str, value: AnyValue) -> None:
        found = keys.HEADER.fullmatch(key)
        if keys.COPIES.get(key) in self._names.headers:
            self._replace(value)
        elif found and found[2][:1] == ".":
            self._redact_one(found[2][1:], value)
        elif found:
            self._redact_all(value)

    def _redact_one(self, name: str, value: AnyValue) -> None:
        is_strange = value.HasField("kvlist_value") or any(
            not item.WhichOneof("value")
            or item.HasField("kvlist_value")
            or item.HasField("array_value")
            for item in value.array_value.values
        )
        if is_strange or self._names.has_header(name):
            self._replace(value)

    def _redact_all(self, value: AnyValue) -> None:
        """All headers in one attribute: by name in a list of pairs, and whole in any other form."""
        pairs = value.kvlist_value.values
        is_map = value.HasField("kvlist_value") and not any(
            self._names.has_header(pair.value.string_value) for pair in pairs
        )
        if not is_map:
            self._replace(value)
        for pair in pairs if is_map else ():
            self._redact_one(pair.key, pair.value)
            if keys.is_link(pair.key.lower()):
                change_texts(pair.value, self._target)

    def _replace(self, value: AnyValue) -> None:
        self._secrets.add_any(value)
        replace_value(value)

    def _query(self, query: str) -> str:
        return redact_query(query, self._fields)

    def _target(self, target: str) -> str:
        if self._has_user:
            # A client sends what stands before the host as that header.
            target = _USER.sub(self._user, target)
        return redact_target(target, self._fields)

    def _user(self, found: re.Match[str]) -> str:
        self._secrets.add_parameter(found[0])
        self._secrets.add_parameter(found[0].partition(":")[2])
        return _MARK

    def _host(self, host: str) -> str:
        user, at, name = host.rpartition("@")
        if not at:
            return host
        for text in (user, user.partition(":")[2]):
            self._secrets.add_parameter(text)
        return f"{_MARK}@{name}"
