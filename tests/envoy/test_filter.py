"""The filter in Lua, with a request that breaks it: what no real Envoy does on demand."""

from typing import Any

import pytest

from tests.envoy.lua import SOURCES, Lua

HANDLE = b"""function(session, seen)
  return {
    headers = function()
      return {
        get = function(_, name) return name == "x-softprobe-session-id" and session or nil end,
        remove = function() error("broken") end,
      }
    end,
    timestampString = function() return "1700000000000000" end,
    logErr = function(_, text) seen.logged = text end,
    respond = function(_, headers, body) seen.status, seen.body = headers[":status"], body end,
  }
end"""


def request(session: bytes | None, *, fail_open: bool) -> Any:
    """What the filter does with a request of this session."""
    lua = Lua()
    settings = {b"direction": b"inbound", b"service": b"shop", b"body_limit": 10}
    lua.provide("settings", {**settings, b"fail_open": fail_open})
    lua.runtime.execute(b"EnvoyTimestampResolution = { MICROSECOND = 1 }")
    lua.runtime.execute((SOURCES / "filter.lua").read_bytes())
    seen = lua.table({})
    lua.runtime.globals()[b"envoy_on_request"](lua.runtime.eval(HANDLE)(session, seen))
    return seen


@pytest.mark.parametrize("fail_open", [True, False])
def test_a_request_that_breaks_the_filter_is_a_failure_like_any_other(fail_open: bool) -> None:
    """It is logged; failing closed refuses it, failing open lets it pass."""
    seen = request(b"sess_1", fail_open=fail_open)
    assert b"broken" in seen.logged
    assert seen.status == (None if fail_open else b"503")
    assert fail_open or b"the filter itself failed" in seen.body


def test_a_request_without_a_session_cannot_break_it() -> None:
    """It is never looked at."""
    seen = request(None, fail_open=False)
    assert (seen.logged, seen.status) == (None, None)
