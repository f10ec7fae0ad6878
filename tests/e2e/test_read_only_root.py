"""A replica writes to its volume and to the folder for passing files, and nowhere else."""

import tempfile
from pathlib import Path

import pytest

from tests.api import otlp
from tests.servers import Replica, Valkey

# Runs at the start of every Python; notes what is opened to be written, made, renamed or removed.
WATCH = """
import os, sys
notes = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
def note(event, args):
    opened = event == "open" and isinstance(args[2], int) and args[2] & changing
    if opened or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link"):
        os.write(notes, f"{args[0]}\\n".encode())
sys.addaudithook(note)
"""


@pytest.mark.parametrize("embedded", [True, False])
def test_a_replica_can_live_with_a_read_only_root(embedded: bool, tmp_path: Path) -> None:
    """Through its whole life: a capture is opened, filled, closed and read."""
    watch, notes, volume = (tmp_path / name for name in ("watch", "notes", "volume"))
    for folder in (watch, volume):
        folder.mkdir()
    (watch / "sitecustomize.py").write_text(WATCH)
    with Valkey() as store:
        replica = Replica(volume, store_url="" if embedded else store.url)
        replica.environ |= {"PYTHONPATH": str(watch), "NOTES": str(notes)}
        replica.environ |= {"PYTHONDONTWRITEBYTECODE": "1"}
        with replica:
            session_id = replica.create("capture")
            assert otlp.upload(replica, otlp.observed(session_id)).status == 200
            assert replica.post(f"/v1/sessions/{session_id}/close").status == 200
            assert replica.get(f"/v1/captures/{session_id}").status == 200
    allowed = (str(volume), tempfile.gettempdir(), "/dev/null")
    written = notes.read_text().splitlines()
    assert any(line.startswith(str(volume)) for line in written)
    assert [line for line in written if not line.startswith(allowed) and "/" in line] == []
