"""The published schemas: the files of `spec/schemas`, by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA_VERSION = "1.0.0"

APP = Path(__file__).parents[1]


def schema_folder() -> Path:
    """Where the schemas lie: inside the package in a wheel, beside it in a checkout."""
    packaged = APP / "spec" / "schemas"
    return packaged if packaged.is_dir() else APP.parent / "spec" / "schemas"


FILES: Mapping[str, bytes] = {
    path.name: path.read_bytes() for path in sorted(schema_folder().glob("*.schema.json"))
}
SCHEMAS: Mapping[str, dict[str, Any]] = {name: json.loads(text) for name, text in FILES.items()}


def schema_names() -> list[str]:
    """The names of all schemas, sorted."""
    return list(FILES)


def schema_bytes(name: str) -> bytes | None:
    """The text of a schema, or None where there is none of this name."""
    return FILES.get(name)
