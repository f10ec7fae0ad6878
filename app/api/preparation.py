"""Preparing a case for the store: checked, its answers packed and indexed, part by part.

This is what takes long about a large case. It needs nothing but the document, so that a process of
its own can do it: see `app.api.preparer`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from app.api.compilable import check_compilable_case
from app.documents.case import Case, check_case, embedded_rules
from app.hop.ignore import Ignore
from app.recordings.fields import index_fields, parts, recording_fields
from app.recordings.ignores import Ignores, distinct, ignores_in
from app.recordings.index import Field
from app.rules.literal import read_document
from app.rules.written import written_json
from app.store.cases import document_fields

EVERYTHING_COUNTS = Ignore()


class Head(NamedTuple):
    """What is told of a case beside its parts; `rules` are the embedded ones as JSON."""

    case_id: str
    trace_count: int
    rules: str


Part = list[Field]
Prepared = Head | Part
Preparation = Callable[[bytes, Ignores], Iterator[Prepared]]


def _may_be_spelt_otherwise(value: object) -> bool:
    """Whether a number in a value may have lost its spelling: any but an integer, and `-0`."""
    if isinstance(value, dict):
        return any(map(_may_be_spelt_otherwise, value.values()))
    if isinstance(value, list):
        return any(map(_may_be_spelt_otherwise, value))
    return type(value) is float or (type(value) is int and not value)


def _written_rules(case: Case, document: bytes) -> str:
    """The embedded rules as JSON, in which each number stands as its author wrote it."""
    rules = case.rules
    # Large documents are read a second time only where that may tell.
    if _may_be_spelt_otherwise(rules):
        rules = embedded_rules(read_document(document))
    return written_json(rules)


def whole_case(document: bytes, ignores: Ignores) -> Iterator[Prepared]:
    """The head of a case and all its parts, indexed for its own rules and these ignores.

    Raises `invalid_body` or `rule_validation_failed`.
    """
    case = check_compilable_case(check_case(document))
    yield Head(case.case_id, case.trace_count, _written_rules(case, document))
    wanted = distinct([EVERYTHING_COUNTS, *ignores_in(case.rules), *ignores])
    yield from parts(chain(recording_fields(case.traces, wanted), document_fields(document)))


def more_indexes(document: bytes, ignores: Ignores) -> Iterator[Prepared]:
    """The parts that index a case, which was checked before, for these ignores."""
    payloads: Sequence[dict[str, object]] = json.loads(document)["traces"]
    yield from parts(index_fields(payloads, ignores))


PREPARATIONS: dict[str, Preparation] = {"whole": whole_case, "more": more_indexes}
