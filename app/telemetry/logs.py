"""Logs: a JSON line an event on stdout, or a form for people where stdout is a terminal.

A line never shows a body, a token or a fixture: events carry names and numbers, and a fault is
logged as its kind and place, without its text, which might quote what a caller sent.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

ROOT = "softprobe"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _fault(record: logging.LogRecord) -> dict[str, Any]:
    """The kind of an exception and where it came from."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, _, trace = record.exc_info
    frames = traceback.extract_tb(trace)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"exception": kind.__name__, "trace": where}


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
    """One line a person reads: time, level, event and what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for an event."""
        extras = {**_extras(record), **_fault(record)}
        rest = " ".join(f"{name}={value}" for name, value in extras.items())
        clock = _time(record).astimezone().strftime("%H:%M:%S.%f")[:-3]
        return f"{clock} {record.levelname.lower():<7} {record.getMessage()} {rest}".rstrip()


def set_up_logs(level: str, stream: TextIO = sys.stdout) -> None:
    """Send the events of this project and of uvicorn to a stream.

    level: the lowest level that is shown.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(HumanFormatter() if stream.isatty() else JsonFormatter())
    for name in (ROOT, "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper() if name == ROOT else max(logging.WARNING, logger.level))
