"""The report: what was measured, as a table in the terminal and in docs/performance.md."""

import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


class Measured(NamedTuple):
    """One variant, per round.

    rates: requests a second. cpu, store_cpu: the server's and the store's CPU seconds a request.
    """

    name: str
    rates: list[float]
    cpu: list[float]
    store_cpu: list[float]


class Row(NamedTuple):
    """A line of the table."""

    name: str
    share: float
    lowest: float
    highest: float
    rate: float
    cpu_micros: float
    store_micros: float


def row(measured: Measured, floor: Measured) -> Row:
    """A variant beside the floor, round by round."""
    shares = [rate / base for rate, base in zip(measured.rates, floor.rates, strict=True)]
    micros = [median(costs) * 1e6 for costs in (measured.cpu, measured.store_cpu)]
    rate = median(measured.rates)
    return Row(measured.name, median(shares), min(shares), max(shares), rate, *micros)


def versions() -> str:
    """What was measured, and with what."""
    names = ("softprobe-runtime", "uvicorn", "uvloop", "protobuf", "redis")
    told = ", ".join(f"{name} {version(name)}" for name in names)
    return f"Python {platform.python_version()}, {told}"


def _table(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| what | share of the floor | lowest to highest | requests/s | CPU a request | store's |",
        "|---|---|---|---|---|---|",
    ]
    for each in rows:
        spread = f"{each.lowest:.2f} to {each.highest:.2f}"
        figures = f"{each.rate:,.0f} | {each.cpu_micros:.0f} µs | {each.store_micros:.0f} µs"
        lines.append(f"| {each.name} | {each.share:.2f} | {spread} | {figures} |")
    return lines


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> list[str]:
    return ["", f"| {title} | |", "|---|---|", *(f"| {name} | {told} |" for name, told in pairs)]


def markdown(
    rows: Sequence[Row], others: Sequence[tuple[str, Sequence[tuple[str, str]]]], how: str
) -> str:
    """All of it, as Markdown."""
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    lines = [f"{now}, {how}; {versions()}.", "", *_table(rows)]
    for title, pairs in others:
        lines += _pairs(title, pairs)
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the report into its page."""
    before, _, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    PAGE.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}", "utf-8")
