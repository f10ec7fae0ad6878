"""The template of a capture's path: what it may say, so that every replica reads it alike.

Only what a restart or another replica can work out again may stand in it, and only names that
file systems and object stores take. Errors say what is accepted.
"""

import re
from urllib.parse import unquote

PLACEHOLDERS = ("sessionId", "org", "date")
FILE_SCHEME = "file://"
OBJECT_SCHEMES = ("s3", "gs", "azblob")

# What the placeholders may become, as long as they get.
_LONGEST = {"sessionId": "s" * 31, "org": "o" * 64, "date": "2026-04-20"}
# What file systems take of a name and of a path, in bytes, and what the temporary name adds.
_NAME_BYTES, _PATH_BYTES, _TEMPORARY_BYTES = 255, 4095, 24
# What object stores take of a key, in bytes.
_KEY_BYTES = 1024


def _filled(text: str) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda name: _LONGEST[name[1]], text)


def _check_object_url(rest: str) -> None:
    """Refuse what some replica could read as another bucket or another key."""
    bucket, _, key = rest.partition("/")
    if not bucket or re.search(r"[{}]", bucket):
        raise ValueError("scheme://bucket/key, with a bucket's name that has no placeholder")
    if not re.fullmatch(r"[a-z0-9$][a-z0-9._-]{1,62}", bucket):
        raise ValueError("a bucket's name of 2 to 63 lowercase letters, digits, `.`, `_` and `-`")
    if any(part in ("", ".", "..") for part in key.split("/")) or re.search(r"[?#\x00-\x1f]", key):
        raise ValueError("a key of whole parts, without `//`, `.`, `..`, `?` and `#`")
    if len(_filled(key).encode()) > _KEY_BYTES:
        raise ValueError(f"a key of {_KEY_BYTES} bytes at most, with its placeholders filled in")


def _file_path(rest: str) -> str:
    """The path of a `file://` URL, percent-decoded."""
    path = rest.removeprefix("localhost")
    if not path.startswith("/"):
        raise ValueError("file:///path of this machine, without a host")
    if re.search(r"[?#]|%(?![0-9a-fA-F]{2})", path):
        raise ValueError("a file:// URL with `?`, `#` and `%` percent-encoded")
    return unquote(path)


def _check_file_path(path: str) -> None:
    """Refuse what no file system takes."""
    if re.search(r"[\x00-\x1f]", path):
        raise ValueError("a path without control characters")
    parts = [part.encode() for part in _filled(path).split("/")]
    longest = max([*map(len, parts[:-1]), len(parts[-1]) + _TEMPORARY_BYTES])
    if longest > _NAME_BYTES or sum(map(len, parts)) + len(parts) > _PATH_BYTES:
        own = _NAME_BYTES - _TEMPORARY_BYTES
        raise ValueError(
            f"folders' names of {_NAME_BYTES} bytes at most, a file's name of {own} and a path of "
            f"{_PATH_BYTES}, with the placeholders filled in"
        )


def file_path(template: str) -> str:
    """The path that a template of a file means, placeholders and all.

    Raises ValueError with what is accepted.
    """
    is_url = template.startswith(FILE_SCHEME)
    return _file_path(template.removeprefix(FILE_SCHEME)) if is_url else template


def check_capture_path(text: str) -> None:
    """Refuse a template that cannot be used. Raises ValueError with what is accepted."""
    names = re.findall(r"\{([^{}]*)\}", text)
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*)://", text)
    if scheme and scheme[1] not in ("file", *OBJECT_SCHEMES):
        raise ValueError("a path, or a URL of file://, s3://, gs:// or azblob://")
    if "sessionId" not in names or any(name not in PLACEHOLDERS for name in names):
        raise ValueError("a template that holds {sessionId}, and else only {org} and {date}")
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)) or text.endswith("/"):
        raise ValueError("a template of a file's path, with whole {placeholders}")
    if scheme and scheme[1] in OBJECT_SCHEMES:
        _check_object_url(text[scheme.end() :])
    else:
        _check_file_path(file_path(text))
