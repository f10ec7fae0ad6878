"""Preparing a case: the same wherever it is done, and without a trace of a process that did it."""

import json
import os
import secrets
import signal
from contextlib import aclosing
from pathlib import Path

import pytest

from app.api.preparation import Prepared
from app.api.preparer import Preparer
from app.errors import ApiError
from app.hop.ignore import Ignore
from tests.api.otlp import hop
from tests.api.replay import case, recorded, replay

IGNORES = (Ignore(query=("n",)),)
DOCUMENT = json.dumps(
    case(*(recorded(hop(path=f"/{n}"), "x") for n in range(50)), rules=[replay({"body": True})])
).encode()

ODD = {"scopeSpans": [{"spans": [{"traceId": "", "spanId": "", "kind": "NONE"}]}]}
ODD_PLACE = "/traces/0/resourceSpans/0/scopeSpans/0/spans/0/kind"


async def prepared(
    name: str, document: bytes, *, process: bool, ignores: tuple[Ignore, ...] = ()
) -> list[Prepared]:
    """All that a preparation gives."""
    preparer = Preparer(large_bytes=0 if process else len(document) + 1)
    return [item async for item in preparer.prepare(name, document, ignores)]


def children() -> set[str]:
    """The processes that this one has started and not yet seen the end of."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.parametrize(
    ("name", "ignores"), [("whole", ()), ("whole", IGNORES), ("more", IGNORES)]
)
async def test_a_process_prepares_what_is_prepared_here(
    name: str, ignores: tuple[Ignore, ...]
) -> None:
    """Field by field."""
    here = await prepared(name, DOCUMENT, process=False, ignores=ignores)
    assert await prepared(name, DOCUMENT, process=True, ignores=ignores) == here
    assert here


@pytest.mark.parametrize("process", [False, True])
@pytest.mark.parametrize(
    ("document", "error", "place"),
    [
        (case(recorded(hop()), rules=[{}]), "rule_validation_failed", "/rules/0"),
        ({"version": "1", "caseId": 1, "traces": []}, "invalid_body", "/caseId"),
        (case() | {"traces": [{"resourceSpans": [ODD]}]}, "invalid_body", ODD_PLACE),
    ],
)
async def test_a_bad_document_is_refused_at_its_place(
    process: bool, document: object, error: str, place: str
) -> None:
    """With the error of the catalogue, from a process too."""
    with pytest.raises(ApiError) as refused:
        await prepared("whole", json.dumps(document).encode(), process=process)
    assert refused.value.name == error
    assert [detail.path for detail in refused.value.details][:1] == [place]


async def test_a_process_that_dies_is_an_error() -> None:
    """What it has said so far is no whole case."""
    with pytest.raises(RuntimeError, match="ended with status 1"):
        await prepared("a preparation that no process knows", DOCUMENT, process=True)


async def test_a_process_that_is_killed_may_be_tried_again() -> None:
    """503, not a bug: a system that is short of memory does that."""
    # More than fits into a pipe, so that it is still at it.
    many = case(*(recorded(hop(path=f"/{n}"), secrets.token_hex(5000)) for n in range(800)))
    before = children()
    preparing = Preparer(large_bytes=0).prepare("whole", json.dumps(many).encode())
    await anext(preparing)
    for child in children() - before:
        os.kill(int(child), signal.SIGKILL)
    with pytest.raises(ApiError) as refused:
        _ = [item async for item in preparing]
    assert refused.value.name == "store_unavailable"
    assert "retry-after" in refused.value.headers


async def test_a_process_finds_the_runtime_wherever_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the working directory, where another `app` may lie, nor by PATH."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    for name in ("PATH", "PYTHONPATH", "HOME", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    tmp_path.chmod(0o555)
    assert await prepared("whole", DOCUMENT, process=True)
    assert {path.name for path in tmp_path.iterdir()} == {"app"}


async def test_a_process_ends_with_the_call_that_wants_it() -> None:
    """Whoever leaves before the end."""
    before = children()
    async with aclosing(Preparer(large_bytes=0).prepare("whole", DOCUMENT)) as items:
        await anext(items)
    assert children() == before
