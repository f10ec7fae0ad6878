"""Patterns: I-Regexp (RFC 9485) matched by RE2, in time linear in the text."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import re2

# What a compiled pattern and a search with it may take, in bytes; a larger one does not compile.
_MAX_BYTES = 2**20
# Longer texts are no patterns to us: to translate one takes time.
_MAX_LENGTH = 10_000
# The worst search looks at each character with each instruction; so many looks are worth a step,
_LOOKS_A_STEP = 256
# and to compile so many instructions, or to find out that a pattern is too large.
_COMPILED_A_STEP = 4
_FAILURE_STEPS = 20_000

_ESCAPE = r"\\[()*+\-.?\[\\\]^nrt{|}]"
_CATEGORY = r"\\[pP]\{(?:L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|Z[lps]?|S[ckmo]?|C[cfno]?)\}"
_MEMBER = rf"(?:[^\-\[\]\\\ud800-\udfff]|{_ESCAPE})"
_RANGE = rf"(?:{_CATEGORY}|{_MEMBER}(?:-{_MEMBER})?)"
_ATOM = re.compile(
    rf"""(?P<any> \. ) | (?P<category> {_CATEGORY} ) | (?P<escape> {_ESCAPE} )
      | \[ (?P<negation> \^? ) (?P<class> (?: - | {_RANGE} ) {_RANGE}* -? ) \]
      | (?P<literal> [^()*+.?\[\\\]{{|}}\ud800-\udfff] )""",
    re.VERBOSE | re.DOTALL,
)
_CLASS_PART = re.compile(rf"(?P<category>{_CATEGORY})|(?P<escape>{_ESCAPE})|-|[^\\]", re.DOTALL)
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")
_NAMED = {"n": "\n", "r": "\r", "t": "\t"}


def _exactly(character: str) -> str:
    return rf"\x{{{ord(character):X}}}"


def _unescaped(found: re.Match[str]) -> str:
    text = found["escape"] or found[0]
    return _NAMED.get(text[-1], text[-1]) if found["escape"] else text


def _class(text: str) -> str:
    """The parts of a class; a hyphen at either end stands for itself."""
    parts = list(_CLASS_PART.finditer(text))
    last = len(parts) - 1
    return "".join(
        found[0]
        if found["category"] or (found[0] == "-" and 0 < index < last)
        else _exactly(_unescaped(found))
        for index, found in enumerate(parts)
    )


def _atom(found: re.Match[str]) -> str:
    if found["any"]:
        return r"[^\n\r]"
    if found["class"]:
        return f"[{found['negation']}{_class(found['class'])}]"
    return found["category"] or _exactly(_unescaped(found))


def _pieces(pattern: str) -> Iterator[str]:
    """The pattern piece by piece. Raises ValueError where it is no I-Regexp."""
    at = depth = 0
    while at < len(pattern):
        quantifiable = True
        if pattern[at] in "(|":
            depth += pattern[at] == "("
            yield "(?:" if pattern[at] == "(" else "|"
            at, quantifiable = at + 1, False
        elif pattern[at] == ")" and depth:
            depth -= 1
            yield ")"
            at += 1
        elif found := _ATOM.match(pattern, at):
            yield _atom(found)
            at = found.end()
        else:
            raise ValueError(f"it is no I-Regexp from its character {at + 1} on")
        if quantifiable and (quantifier := _QUANTIFIER.match(pattern, at)):
            yield quantifier[0]
            at = quantifier.end()
    if depth:
        raise ValueError("a group in it is not closed")


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MAX_BYTES
    options.log_errors = False
    options.never_capture = True
    return options


_OPTIONS = _options()


# Kept here alone, so that what all patterns take together is bounded too.
@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    if len(pattern) > _MAX_LENGTH:
        raise ValueError(f"it is longer than {_MAX_LENGTH} characters")
    translated = "".join(_pieces(pattern)).encode()
    try:
        return re2.compile(translated, _OPTIONS)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise ValueError(text) from None


def check_pattern(pattern: str) -> None:
    """Raise ValueError, with a clause that says why, if a text is no I-Regexp or too large."""
    _compiled(pattern)


def prepare(pattern: str, spend: Callable[[int], None]) -> bool:
    """Compile a pattern that came out of a document; whether it is one.

    spend: told how much work it was; may raise to stop.
    """
    try:
        spend(1 + len(pattern) + _compiled(pattern).programsize // _COMPILED_A_STEP)
    except ValueError:
        spend(_FAILURE_STEPS)
        return False
    return True


def matches(pattern: str, text: str, is_whole: bool, spend: Callable[[int], None]) -> bool:
    """Whether a pattern that has been checked matches a whole text, or some part of it.

    spend: told how much work it is about to be; may raise to stop.
    """
    compiled = _compiled(pattern)
    spend(compiled.programsize * (1 + len(text)) // _LOOKS_A_STEP)
    search = compiled.fullmatch if is_whole else compiled.search
    return search(text.encode("utf-8", "surrogatepass")) is not None
