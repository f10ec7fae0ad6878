"""Access lines: a log line for a call that was served, or for some of many alike.

Of the hot path's successes only some have a line (sampling.py says which); whatever failed, was
slow or is looked for at the log level `debug` has one always.
"""

import logging

from app.http.headers import CallNotes
from app.telemetry.logs import REQUEST
from app.telemetry.sampling import Sampling

# The hot path, and the statuses with which its calls succeed; to the proxy a 404 is a plain miss.
SAMPLED = {"/v1/inject": (200, 404), "/v1/traces": (200,)}
# A call that takes longer is worth a line, in seconds.
SLOW_SECONDS = 1.0

log = logging.getLogger("softprobe.access")


class AccessLines:
    """Writes the lines; both lanes of the hot path share one."""

    def __init__(self) -> None:
        self._sampling = Sampling()

    def are_written(self) -> bool:
        """Whether calls have lines at all."""
        return log.isEnabledFor(logging.INFO)

    def write(self, method: str, route: str, status: int, seconds: float, seen: CallNotes) -> None:
        """Write the line of a call, if it is to have one.

        route: its template, empty where none was met. status: 0 where the client left.
        """
        if not self.are_written():
            return
        if (left_out := self.left_out(route, status, seconds)) is not None:
            self.write_line(method, route, status, seconds, seen, left_out)

    def write_line(
        self, method: str, route: str, status: int, seconds: float, seen: CallNotes, left_out: int
    ) -> None:
        """Write the line of a call that is to have one; see `write`.

        left_out: how many like it were left out before it.
        """
        fields: dict[str, object] = {"sp.session.id": seen.session_id} if seen.session_id else {}
        if seen.caller.key_id:
            fields["key"] = seen.caller.key_id
        fields |= {
            "org": seen.org,
            "method": method,
            "route": route,
            "status": status or "client gone",
            "duration_ms": round(seconds * 1000, 3),
        }
        log.info(REQUEST, extra=fields | ({"left_out": left_out} if left_out else {}))

    def left_out(self, route: str, status: int, seconds: float) -> int | None:
        """How many lines like this were left out before it; None if it is to be left out too."""
        is_usual = status in SAMPLED.get(route, ()) and seconds < SLOW_SECONDS
        if not is_usual or log.isEnabledFor(logging.DEBUG):
            return 0
        return self._sampling.left_out(route)
