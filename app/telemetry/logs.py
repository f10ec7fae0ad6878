"""Logs: a JSON line an event on stdout, or a form for people where stdout is a terminal.

A line never shows a body, a token or a fixture: events carry names and numbers, and a fault is
logged as its kind and place, without its text, which might quote what a caller sent. What is
written while a request is served carries the request's id.
"""

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from app.telemetry.request import REQUEST_ID, TRACE_ID

ROOT = "softprobe"
# The event of a request that was served.
REQUEST = "request"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}
# How a terminal colours the levels that want attention, and what is beside the point.
_COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[31m"}
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    named = {"request_id": REQUEST_ID.get(), "trace_id": TRACE_ID.get()}
    held = {name: value for name, value in named.items() if value}
    held |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
    return held


def _fault(record: logging.LogRecord) -> dict[str, Any]:
    """The kind of an exception and where it came from."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, _, trace = record.exc_info
    frames = traceback.extract_tb(trace)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"exception": kind.__name__, "trace": where}


def _headline(extras: dict[str, Any]) -> str:
    """What a request was and became, taken out of what belongs to its event."""
    method, route = extras.pop("method", ""), extras.pop("route", "")
    status, duration = extras.pop("status", ""), extras.pop("duration_ms", "?")
    return f"{method} {route or '(no route)'} {status}, {duration} ms"


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for an event."""
        line = {
            "time": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_extras(record),
            **_fault(record),
        }
        return json.dumps(line, default=str, separators=(",", ":"))


class HumanFormatter(logging.Formatter):
    """One line a person reads: time, level, event and what belongs to it.

    colours: whether the terminal shows them.
    """

    def __init__(self, *, colours: bool = False) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """The line for an event."""
        extras = {**_extras(record), **_fault(record)}
        event = _headline(extras) if record.getMessage() == REQUEST else record.getMessage()
        rest = " ".join(f"{name}={value}" for name, value in extras.items())
        clock = _time(record).astimezone().strftime("%H:%M:%S.%f")[:-3]
        level = self._in(_COLOURS.get(record.levelno, ""), f"{record.levelname.lower():<7}")
        tail = f" {self._in(_DIM, rest)}" if rest else ""
        return f"{self._in(_DIM, clock)} {level} {event}{tail}"

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._colours and colour else text


def shows_colours(stream: TextIO) -> bool:
    """Whether a stream leads to a terminal whose user has nothing against colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _formatter(stream: TextIO) -> logging.Formatter:
    return HumanFormatter(colours=shows_colours(stream)) if stream.isatty() else JsonFormatter()


def set_up_logs(level: str, stream: TextIO = sys.stdout) -> None:
    """Send the events of this project and of the libraries that have something to say to a stream.

    level: the lowest level that is shown; of libraries, warnings and what is worse.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(stream))
    for name in (ROOT, "uvicorn.error", "opentelemetry"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper() if name == ROOT else max(logging.WARNING, logger.level))
