"""The fields of a case, and the parts in which they are sent."""

import json
from typing import Any

from app.hop.ignore import Ignore
from app.otlp.json_writer import json_bytes
from app.recordings import fields
from app.recordings.fields import index_fields, parts, recording_fields
from app.recordings.request import ignore_id
from tests.unit.otlp.payloads import span, traces

EVERYTHING = Ignore()
CASE: list[Any] = [
    json.loads(json_bytes(traces(span({"http.response.status_code": 200, "url.path": f"/{n}"}))))
    for n in range(3)
]


def test_every_recording_has_its_answer_and_every_ignore_its_index() -> None:
    """The mark that an index is complete comes after all of its other fields."""
    ignores = (EVERYTHING, Ignore(body=True))
    names = [name for name, _ in recording_fields(CASE, ignores)]
    assert [name for name in names if name.startswith(b"a:")] == [b"a:0", b"a:1", b"a:2"]
    marks = [names.index(f"i:{ignore_id(ignore)}".encode()) for ignore in ignores]
    assert marks[-1] == len(names) - 1
    assert all(names[at - 1].startswith((b"r", b"o:", b"s")) for at in marks)


def test_an_index_that_is_made_later_is_the_same() -> None:
    """Whichever replica makes it."""
    whole = dict(recording_fields(CASE, [EVERYTHING]))
    later = dict(index_fields(CASE, [EVERYTHING]))
    assert later == {name: value for name, value in whole.items() if name[:2] != b"a:"}


def test_no_part_is_much_larger_than_its_bound() -> None:
    """Neither in bytes nor in fields, and none is empty."""
    many = [(b"n%d" % n, b"") for n in range(fields.PART_FIELDS * 2)]
    large = [(b"l%d" % n, b"x" * fields.PART_BYTES) for n in range(2)]
    cut = list(parts([*many, *large]))
    assert [field for part in cut for field in part] == [*many, *large]
    assert [len(part) for part in cut] == [fields.PART_FIELDS, fields.PART_FIELDS, 1, 1]
