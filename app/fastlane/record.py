"""The record of the fast lane: what the plain lane's outermost layer notes of each call."""

from app.http.access_lines import AccessLines
from app.http.caller import Caller
from app.http.headers import CallNotes
from app.telemetry.metrics import Metrics
from app.telemetry.request import REQUEST_ID


class Record:
    """Notes calls.

    metrics: the replica's. lines: writes the log lines.
    requests: counts those that are being served; who begins one adds it.
    """

    def __init__(self, metrics: Metrics, lines: AccessLines) -> None:
        self.metrics = metrics
        self.requests = metrics.http
        self.lines = lines

    def note(
        self, route: str, status: int, seconds: float, caller: Caller, session_id: str, name: bytes
    ) -> None:
        """A call has its answer.

        name: the request's id, which its line carries.
        """
        self.requests.observe("POST", route, status, seconds)
        if self.lines.are_written():
            self.write(route, status, seconds, caller, session_id, name)

    def write(
        self, route: str, status: int, seconds: float, caller: Caller, session_id: str, name: bytes
    ) -> None:
        """Write the line of a call, if it is to have one; see `note`."""
        left_out = self.lines.left_out(route, status, seconds)
        if left_out is None:
            return
        token = REQUEST_ID.set(name.decode("ascii"))
        notes = CallNotes(caller, session_id)
        self.lines.write_line("POST", route, status, seconds, notes, left_out)
        REQUEST_ID.reset(token)
