"""Where captures go: the path of a case file by the template of `SOFTPROBE_CAPTURE_CASE_PATH`."""

from pathlib import Path
from urllib.parse import unquote

from app.store.clock import utc_day

FILE_SCHEME = "file://"


class Destination:
    """The template, made absolute once, so that a path means the same for the replica's whole life.

    template: a path or a `file://` URL with `{sessionId}` and perhaps `{org}` and `{date}`.
    """

    def __init__(self, template: str) -> None:
        if template.startswith(FILE_SCHEME):
            template = unquote(template.removeprefix(FILE_SCHEME).removeprefix("localhost"))
        self._template = str(Path(template).absolute())

    def path(self, org: str, session_id: str, created_ms: int) -> str:
        """The absolute path of a session's case file."""
        return (
            self._template.replace("{sessionId}", session_id)
            .replace("{org}", org)
            .replace("{date}", utc_day(created_ms))
        )
