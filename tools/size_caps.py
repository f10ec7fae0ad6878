"""Fail when a function or a file outgrows the house's caps: 50 lines a function, 400 a file."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION_LINES = 50
FILE_LINES = 400
ROOMS = ("app", "bench", "demo", "deploy", "tests", "tools")


def code_files() -> Iterator[Path]:
    """Every Python and Lua file of the house."""
    for room in ROOMS:
        for pattern in ("*.py", "*.lua"):
            yield from sorted(Path(room).rglob(pattern))


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function, its docstring left out."""
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def complaints(path: Path) -> Iterator[str]:
    """One line for each cap that the file breaks."""
    text = path.read_text("utf-8")
    if (count := len(text.splitlines())) > FILE_LINES:
        yield f"{path}: {count} lines, the cap is {FILE_LINES}"
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = body_lines(node)
            if lines > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines of {FUNCTION_LINES}"


def main() -> int:
    """Print every complaint; the exit status says whether there was one."""
    found = [line for path in code_files() for line in complaints(path)]
    print("\n".join(found) or "sizes: every function and file within its cap")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
