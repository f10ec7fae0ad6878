"""Write docs/chart-values.md: the values of the charts, from the comments beside them."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/chart-values.md"
CHARTS = ("softprobe-runtime", "softprobe-envoy")
HEAD = """\
# Values of the charts

Made by `make docs` from the comments in each chart's `values.yaml`; a test holds that it is up to
date. [kubernetes.md](kubernetes.md) tells which to set for what.
"""
_COMMENT = re.compile(r" *# -- (.*)")
_KEY = re.compile(r"( *)([A-Za-z]\w*):.*")
INDENT = 2


class Value(NamedTuple):
    """One value of a chart.

    path: its keys, from the outermost. default: as the chart has it. meaning: the comment's text.
    """

    path: tuple[str, ...]
    default: Any
    meaning: str


def _defaults(chart: str) -> tuple[str, Any]:
    text = (ROOT / "deploy/helm" / chart / "values.yaml").read_text("utf-8")
    return text, yaml.safe_load(text)


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def values(chart: str) -> Iterator[Value]:
    """Every value that has a comment, in the file's order."""
    text, tree = _defaults(chart)
    path: list[str] = []
    meaning = ""
    for line in text.splitlines():
        if comment := _COMMENT.fullmatch(line):
            meaning = comment[1]
        elif key := _KEY.fullmatch(line):
            path[len(key[1]) // INDENT :] = [key[2]]
            if meaning:
                yield Value(tuple(path), _at(tree, tuple(path)), meaning)
            meaning = ""


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all that a chart's values hold and that is no mapping of more."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    else:
        yield path


def _default(value: Any) -> str:
    return "empty" if value in ("", [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


def _row(value: Value) -> str:
    meaning = value.meaning.replace("|", "\\|")
    return f"| `{'.'.join(value.path)}` | {_default(value.default)} | {meaning} |"


def _table(chart: str) -> str:
    rows = "\n".join(_row(value) for value in values(chart))
    return f"## {chart}\n\n| value | default | meaning |\n| --- | --- | --- |\n{rows}\n"


def current_page() -> str:
    """The page as it has to be now."""
    return "\n".join([HEAD, *map(_table, CHARTS)])


def main() -> int:
    """Write the page."""
    PAGE.write_text(current_page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
