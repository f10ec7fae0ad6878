"""The captures' destination: a probe is written, read back and removed."""

import secrets
import time
from collections.abc import AsyncIterator

from app.captures.destination import Destination
from app.captures.sink import SinkError
from app.captures.sinks import Sinks
from app.cli.examinations.finding import Finding, fault, ok, warning
from app.settings import Settings

PROBE = b'{"probe":"softprobe-runtime doctor"}\n'
# What a probe is filed under; an organisation may have this name, but no session such an id.
PROBE_ORG = "doctor"


async def _chunks() -> AsyncIterator[bytes]:
    yield PROBE


async def _read(sinks: Sinks, path: str) -> bytes:
    held = await sinks.read(path)
    return b"".join([chunk async for chunk in held]) if held else b""


async def examine_sink(settings: Settings) -> Finding:
    """Whether captures could be written where they are to go."""
    sinks = Sinks()
    name = f"doctor-{secrets.token_hex(8)}"
    path = Destination(settings.capture_case_path).path(PROBE_ORG, name, round(time.time() * 1000))
    started = time.perf_counter()
    try:
        await sinks.write(path, _chunks())
        held = await _read(sinks, path)
    except SinkError as error:
        return fault("captures", f"a probe could not be written and read back: {error}")
    took = (time.perf_counter() - started) * 1000
    try:
        await sinks.remove(path)
    except SinkError as error:
        return warning("captures", f"the probe was written but could not be removed: {error}")
    if held != PROBE:
        return fault("captures", f"what was read back is not what was written: {path}")
    return ok("captures", f"a probe was written, read back and removed in {took:.0f} ms")
