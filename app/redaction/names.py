"""Names: those of the headers and fields that a redaction takes out, and where text uses them."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote_plus

# What a request is matched by, or a body read by, is kept: none of it is a secret.
NEEDED = frozenset(
    {":authority", ":method", ":path", ":scheme", ":status", "content-encoding", "host"}
)
_AROUND = " \t\r\n?\ufeff"
_DELIMITERS = r"\s?&;#\"'=<>(),"
# Possessive and only from a word's beginning: linear in any text.
_NAME = re.compile(rf"(?<![^{_DELIMITERS}])([^{_DELIMITERS}]++)=")
_VALUE_END = re.compile(r"[\s&;#\"'<>]|$")
_BRACKETS = re.compile(r"[\[\]]+")
_ENCODED = re.compile(r"\S*%3[dD]\S*")

Cut = Callable[[str], str]


def _pairs(names: Iterable[str], value: str) -> re.Pattern[str] | None:
    """What finds `name: value` in text, with quotes or without."""
    if not names:
        return None
    either = "|".join(map(re.escape, sorted(names)))
    return re.compile(
        rf"((?<![\w-])(?:{either})\\?[\"']?\s{{0,9}}:\s{{0,9}}\\?[\"']?)({value})", re.IGNORECASE
    )


class Names:
    """The names of a redaction.

    headers: lower-case names of headers. members: what simple paths name.
    """

    def __init__(self, headers: Iterable[str], members: Iterable[str]) -> None:
        self.headers = frozenset(headers) - NEEDED
        self.members = frozenset(members)
        self._lines = _pairs(self.headers, r"[^\r\n]+")
        self._fields = _pairs(self.members, r"[^\"'\\,;&}\]\s]+")

    def has_header(self, name: str) -> bool:
        """Whether a header of that name, or an item of one, goes."""
        bare = name.strip().lower()
        return any(
            form in self.headers or form.partition(".")[0] in self.headers
            for form in (bare, bare.replace("_", "-"))
        )

    def has_parameter(self, name: str) -> bool:
        """Whether a field or parameter goes; `a[b]` does with `a` and with `b`."""
        pieces = [name.strip(_AROUND), *_BRACKETS.split(name)]
        return any(piece in self.members or piece.lower() in self.headers for piece in pieces)

    def are_in(self, text: str) -> bool:
        """Whether a text says something by one of these names."""
        return self.cut(text, lambda _: "") != text

    def cut(self, text: str, cut: Cut) -> str:
        """A text in which what goes by one of these names is replaced.

        cut: gives what stands in the place of a value.
        """
        if "=" in text:
            text = self._cut_parameters(text, cut)
        if "%3d" in text.lower():
            text = _ENCODED.sub(lambda word: self._cut_encoded(word[0], cut), text)
        for pairs in (self._lines, self._fields):
            if pairs and ":" in text:
                text = pairs.sub(lambda pair: pair[1] + cut(pair[2]), text)
        return text

    def _cut_parameters(self, text: str, cut: Cut) -> str:
        pieces, kept_to, at = [], 0, 0
        while found := _NAME.search(text, at):
            at = found.end()
            if self.has_parameter(unquote_plus(found[1])):
                end = _VALUE_END.search(text, at)
                at = end.start() if end else len(text)
                pieces += [text[kept_to : found.end()], cut(text[found.end() : at])]
                kept_to = at
        return "".join([*pieces, text[kept_to:]])

    def _cut_encoded(self, word: str, cut: Cut) -> str:
        plain = unquote_plus(word)
        return word if plain == word or not self.are_in(plain) else cut(word)
