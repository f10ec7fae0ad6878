"""The machine: the address to listen on, open files, memory."""

import errno
import json
import os
import resource
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from app.cli.examinations.finding import Finding, fault, ok, warning
from app.settings import ListenAddress, Settings

# The store's connections, a few files, and some callers; then what a busy replica needs.
LEAST_FILES, GOOD_FILES = 256, 4096
# What a replica takes by itself, in bytes, and what the largest body takes times its size while it
# is read and indexed.
OWN_BYTES, BODY_FACTOR = 128 * 2**20, 6.5
_CGROUP_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
_HEALTH_SECONDS = 2


def _is_a_replica(address: ListenAddress) -> bool:
    """Whether what listens there is a replica of this runtime."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    try:
        with urllib.request.urlopen(
            f"http://{host}:{address.port}/health", timeout=_HEALTH_SECONDS
        ) as answer:
            return set(json.load(answer)) >= {"status", "version"}
    except (OSError, ValueError, TypeError):
        return False


def examine_address(address: ListenAddress) -> Finding:
    """Whether a replica could listen, or does already."""
    where = f"{address.host}:{address.port}"
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and _is_a_replica(address):
                return ok("address", f"{where} is served by a replica")
            reason = "there is no such host"
            if not isinstance(error, socket.gaierror):
                reason = os.strerror(error.errno or 0)
            text = f"cannot listen on {where}: {reason}; set SOFTPROBE_LISTEN_ADDR to another"
            return fault("address", text)
    return ok("address", f"{where} is free")


def examine_files() -> Finding:
    """Whether enough files and connections may be open at a time."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return ok("open files", "not limited")
    text = f"{limit} at a time (`ulimit -n`), connections included"
    if limit < LEAST_FILES:
        return fault("open files", f"{text}; a replica needs {LEAST_FILES} at least")
    if limit < GOOD_FILES:
        return warning("open files", f"{text}; {GOOD_FILES} bear many callers")
    return ok("open files", text)


def _numbers(paths: Iterator[Path]) -> Iterator[int]:
    for path in paths:
        try:
            text = path.read_text("ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            yield int(text)


def _memory_bytes(cgroup: Path) -> int:
    """What this process may use: the machine's memory, or what its container is given."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_numbers(cgroup / name for name in _CGROUP_LIMITS)])


def _size(count: float) -> str:
    mebibytes = count / 2**20
    return f"{mebibytes / 1024:.1f} GiB" if mebibytes >= 1024 else f"{mebibytes:.0f} MiB"


def examine_memory(settings: Settings, cgroup: Path = Path("/sys/fs/cgroup")) -> Finding:
    """Whether there is memory for the largest body that is accepted.

    cgroup: where the kernel tells a container's limits.
    """
    there = _memory_bytes(cgroup)
    needed = OWN_BYTES + BODY_FACTOR * settings.max_body_bytes
    text = f"{_size(there)}; the largest case to load takes up to {_size(needed)}"
    if there < needed:
        return fault("memory", f"{text}: give it more, or lower SOFTPROBE_MAX_BODY_BYTES")
    return ok("memory", text)


def examine_machine(settings: Settings) -> list[Finding]:
    """All of it."""
    return [examine_address(settings.listen_addr), examine_files(), examine_memory(settings)]
