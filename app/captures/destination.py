"""Where captures go: a case file's path or URL by the template `SOFTPROBE_CAPTURE_CASE_PATH`."""

from pathlib import Path

from app.capture_path import file_path
from app.captures.object_sink import STORES
from app.store.clock import utc_day


def bucket_of(path: str) -> tuple[str, str] | None:
    """The scheme and the bucket of an object's URL; None for a file's path."""
    scheme, mark, rest = path.partition("://")
    return (scheme, rest.partition("/")[0]) if mark and scheme in STORES else None


class Destination:
    """The template, made absolute once, so that a path means the same for the replica's whole life.

    template: a path, a `file://` URL or an object's URL, with `{sessionId}` and perhaps `{org}` and
    `{date}`.
    """

    def __init__(self, template: str) -> None:
        is_object = bucket_of(template) is not None
        self._template = template if is_object else str(Path(file_path(template)).absolute())

    def path(self, org: str, session_id: str, created_ms: int) -> str:
        """A session's case file: the absolute path, or the whole URL of the object."""
        return (
            self._template.replace("{sessionId}", session_id)
            .replace("{org}", org)
            .replace("{date}", utc_day(created_ms))
        )
