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
        self._lines = lines

    def note(
        self, route: str, status: int, seconds: float, caller: Caller, session_id: str, name: bytes
    ) -> None:
        """A call has its answer.

        name: the request's id, which its line carries.
        """
        self.requests.observe("POST", route, status, seconds)
        if self._lines.are_written():
            token = REQUEST_ID.set(name.decode("ascii"))
            self._lines.write("POST", route, status, seconds, CallNotes(caller, session_id))
            REQUEST_ID.reset(token)
