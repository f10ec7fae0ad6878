"""Logs: a JSON line an event, or a form for people; no texts of faults."""

import io
import json
import logging

import pytest

from app.telemetry.logs import HumanFormatter, JsonFormatter, set_up_logs
from app.telemetry.request import REQUEST_ID


def record(**extra: object) -> logging.LogRecord:
    """An event with fields."""
    return logging.getLogger("softprobe.test").makeRecord(
        "softprobe.test", logging.INFO, "file", 1, "request", (), None, extra=extra
    )


def test_an_event_is_one_json_line_with_its_fields() -> None:
    """The fields of reference.md stand beside time, level and event."""
    line = JsonFormatter().format(record(**{"sp.session.id": "s", "status": 200}))
    event = json.loads(line)
    assert "\n" not in line
    assert (event["event"], event["level"]) == ("request", "info")
    assert (event["sp.session.id"], event["status"]) == ("s", 200)
    assert event["time"].endswith("Z")


def test_a_person_reads_one_short_line() -> None:
    """Clock, level, event and fields; a request is told as one says it."""
    event = logging.getLogger("softprobe.test").makeRecord(
        "softprobe.test", logging.INFO, "file", 1, "capture written", (), None, extra={"path": "p"}
    )
    assert HumanFormatter().format(event).endswith("info    capture written path=p")
    served = {"org": "o", "method": "GET", "route": "/v1/meta", "status": 200, "duration_ms": 1.2}
    line = HumanFormatter().format(record(**served))
    assert line.endswith("info    GET /v1/meta 200, 1.2 ms org=o")
    assert "(no route) 404" in HumanFormatter().format(
        record(**served | {"route": "", "status": 404})
    )


@pytest.mark.parametrize("formatter", [JsonFormatter(), HumanFormatter()])
def test_a_fault_is_logged_without_its_text(formatter: logging.Formatter) -> None:
    """An exception may quote what a caller sent: its kind and place are enough."""
    try:
        raise ValueError("the fixture's value hush")
    except ValueError as error:
        event = record()
        event.exc_info = (type(error), error, error.__traceback__)
    line = formatter.format(event)
    assert "ValueError" in line
    assert "test_logs.py" in line
    assert "hush" not in line


def test_the_level_decides_what_is_shown() -> None:
    """Below it nothing is written."""
    stream = io.StringIO()
    set_up_logs("warning", stream)
    logging.getLogger("softprobe.x").info("quiet")
    logging.getLogger("softprobe.x").warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_colour", "marks"), [("", 1), ("1", 0)])
def test_a_terminal_shows_colours_unless_its_user_has_said_no(
    monkeypatch: pytest.MonkeyPatch, no_colour: str, marks: int
) -> None:
    """A file or a pipe never has them."""
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("TERM", "xterm")
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        set_up_logs("info", stream)
        logging.getLogger("softprobe.x").warning("careful")
    assert terminal.getvalue().count("\x1b[33m") == marks
    assert "\x1b" not in pipe.getvalue()


def test_what_a_request_causes_bears_its_id() -> None:
    """In every line on its way; outside a request there is none."""
    REQUEST_ID.set("r-1")
    assert json.loads(JsonFormatter().format(record()))["request_id"] == "r-1"
    REQUEST_ID.set("")
    assert "request_id" not in json.loads(JsonFormatter().format(record()))
