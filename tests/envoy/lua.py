"""The filter's Lua modules in a LuaJIT of their own, the kind of Lua that Envoy runs."""

import os
import sys
from pathlib import Path
from typing import Any

from hypothesis import settings

# fakeredis loads a plain Lua with its symbols open to all; LuaJIT has to bind to its own.
_flags = sys.getdlopenflags()
sys.setdlopenflags(os.RTLD_NOW | getattr(os, "RTLD_DEEPBIND", 0))
from lupa.luajit21 import LuaRuntime  # noqa: E402

sys.setdlopenflags(_flags)

# How examples are tried: none is a failure for being slow.
untimed = settings(deadline=None)

SOURCES = Path(__file__).parents[2] / "deploy/envoy/lua"
MODULES = ("utf8", "base64", "json", "trace_context", "otlp")


class Lua:
    """A LuaJIT that knows the modules; strings are bytes on both sides."""

    def __init__(self) -> None:
        self.runtime = LuaRuntime(encoding=None)
        load = self.runtime.eval(
            b"function(source, name) return assert(loadstring(source, name)) end"
        )
        for name in MODULES:
            source = (SOURCES / f"{name}.lua").read_bytes()
            preload = self.runtime.globals()[b"package"][b"preload"]
            preload[f"softprobe.{name}".encode()] = load(source, name.encode())

    def provide(self, name: str, content: dict[bytes, Any]) -> None:
        """Make a table known as a module."""
        self.runtime.globals()[b"package"][b"loaded"][f"softprobe.{name}".encode()] = self.table(
            content
        )

    def module(self, name: str) -> Any:
        """A module, by the last part of its name."""
        return self.runtime.eval(b"require('softprobe.%b')" % name.encode())

    def table(self, content: Any) -> Any:
        """A Lua table of a mapping or a list."""
        return self.runtime.table_from(content)

    def headers(self, content: dict[bytes, bytes]) -> Any:
        """Headers with the two methods that the modules call."""
        maker = b"""function(content)
          return {
            get = function(_, name) return content[name] end,
            replace = function(_, name, value) content[name] = value end,
            content = content,
          }
        end"""
        return self.runtime.eval(maker)(self.table(content))
