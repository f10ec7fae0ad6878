"""Writes `docs/reference.md`: settings, endpoints, errors and metrics, each from its own table."""

import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis

from app.errors import CATALOGUE
from app.main import Runtime
from app.settings import PREFIX, Settings
from app.telemetry.metric_table import METRICS, MetricKind

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"
_INTRODUCTION = """# Reference

Made by `make docs` from the code's own tables; a test holds that it is up to date.
"""


def _table(title: str, text: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    body = "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
    return f"\n## {title}\n\n{text}\n\n{body}\n"


def _settings() -> Iterator[Sequence[object]]:
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default not in (None, "") else "empty"
        yield f"`{PREFIX}{name.upper()}`", default, field.description


def _endpoints(openapi: dict[str, Any]) -> Iterator[Sequence[object]]:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            statuses = ", ".join(str(status) for status in sorted(operation["responses"], key=str))
            yield f"`{method.upper()} {path}`", operation["summary"], statuses


def _errors() -> Iterator[Sequence[object]]:
    for name, kind in CATALOGUE.items():
        yield f"`{name}`", kind.status, kind.code, kind.when


def _type(name: str, kind: MetricKind) -> str:
    if kind.buckets:
        return "histogram"
    return "counter" if name.endswith("_total") else "gauge"


def _metrics() -> Iterator[Sequence[object]]:
    for name, kind in METRICS.items():
        labels = "; ".join(
            f"`{label}`: {', '.join(value.removeprefix('~') for value in values)}"
            for label, values in kind.labels.items()
        )
        yield f"`{name}`", _type(name, kind), labels, kind.help


def reference(openapi: dict[str, Any]) -> str:
    """The whole page.

    openapi: the description of both APIs.
    """
    return _INTRODUCTION + "".join(
        [
            _table(
                "Settings",
                "Environment variables, read once at the start; a bad value stops it with one "
                "line.\nSizes take `KiB`, `MiB`, `GiB`, `KB`, `MB` and `GB`, durations `ms`, `s`, "
                "`m`, `h` and `d`.",
                ("variable", "default", "meaning"),
                _settings(),
            ),
            _table(
                "Endpoints",
                "`GET /openapi.json` describes them in full and `GET /docs` shows that as a page; "
                "[the protocol](../spec/protocol/http-control-api.md) explains them.",
                ("call", "purpose", "statuses"),
                _endpoints(openapi),
            ),
            _table(
                "Errors",
                'Every error is `{"error", "message", "code"}`; `code` is the exit status '
                "that a command line ends with.",
                ("`error`", "HTTP", "`code`", "when"),
                _errors(),
            ),
            _table(
                "Metrics",
                "`GET /metrics`, in the Prometheus text format, or as OpenMetrics where `Accept` "
                "asks for it; besides these the\nusual `process_…` and `python_…`. No label holds "
                "what a caller chose: a route is a template, a method one that HTTP\nknows.",
                ("metric", "type", "labels", "meaning"),
                _metrics(),
            ),
        ]
    )


async def _openapi() -> dict[str, Any]:
    transport = httpx.ASGITransport(Runtime(Redis(), Settings()).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://runtime") as client:
        document: dict[str, Any] = (await client.get("/openapi.json")).json()
        return document


def served_openapi() -> dict[str, Any]:
    """The OpenAPI document as a replica serves it."""
    return asyncio.run(_openapi())


def current_reference() -> str:
    """The page as it has to be now."""
    return reference(served_openapi())


def main() -> int:
    """Write the page."""
    PAGE.write_text(current_reference(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
