"""Loading cases and replacing rules, so that what replay rules ignore is always indexed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from app.documents.case import Case
from app.hop.ignore import Ignore
from app.http.beside import beside_other_calls, each_beside_other_calls
from app.http.respond import json_bytes
from app.recordings.fields import index_fields, parts, recording_fields
from app.recordings.ignores import (
    distinct,
    ids_of,
    ignores_in,
    read_ignores,
    write_ignores,
)
from app.recordings.index import Field
from app.recordings.request import ignore_id
from app.store.cases import (
    CaseStore,
    Loading,
    StaleCase,
    Unindexed,
    document_fields,
    whole_document,
)
from app.store.connection import unavailable

# Each try that fails means that another caller has changed the session meanwhile.
TRIES = 20
EVERYTHING_COUNTS = Ignore()


def _lacking(unindexed: Unindexed) -> list[Ignore]:
    ignores = read_ignores(unindexed.ignores)
    return [ignore for ignore in ignores if ignore_id(ignore) in unindexed.lacking]


def _traces_in(pieces: Sequence[bytes]) -> Sequence[Mapping[str, Any]]:
    traces: Sequence[Mapping[str, Any]] = json.loads(whole_document(pieces))["traces"]
    return traces


class Cases:
    """The cases and rules of all sessions."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store

    async def load(self, org: str, session_id: str, document: bytes, case: Case) -> int:
        """Load a case; gives the new revision.

        document: the text that the case was read from.
        Raises `invalid_body` where OTLP cannot read a trace, and as `CaseStore` does.
        """
        loading = self._store.loading(org, session_id)
        finish = partial(
            loading.finish,
            case_id=case.case_id,
            trace_count=case.trace_count,
            rules=json_bytes(case.rules).decode(),
        )
        ignores = distinct([EVERYTHING_COUNTS, *ignores_in(case.rules)])
        fields = chain(recording_fields(case.traces, ignores), document_fields(document))
        for _ in range(TRIES):
            last = await self._stage(loading, len(document), fields)
            try:
                return await finish(last)
            except Unindexed as unindexed:
                fields = chain(index_fields(case.traces, _lacking(unindexed)))
        raise unavailable()

    async def _stage(self, loading: Loading, size: int, fields: Iterator[Field]) -> list[Field]:
        """Send all parts but the last, which is given back."""
        last: list[Field] = []
        async for part in each_beside_other_calls(size, parts(fields)):
            if last:
                await loading.stage(last)
            last = part
        return last

    async def replace_rules(
        self, org: str, session_id: str, document: bytes, rules: Sequence[Mapping[str, Any]]
    ) -> int:
        """Replace a session's rules; gives the new revision.

        document: the text that the rules were read from. Raises as `CaseStore` does.
        """
        ignores = ignores_in(rules)
        replace = partial(
            self._store.replace_rules,
            document=document,
            rule_count=len(rules),
            ignores=write_ignores(ignores),
            ids=ids_of(ignores),
        )
        for _ in range(TRIES):
            try:
                return await replace(org, session_id)
            except Unindexed as unindexed:
                await self._index(org, session_id, _lacking(unindexed))
        raise unavailable()

    async def _index(self, org: str, session_id: str, ignores: Sequence[Ignore]) -> None:
        """Index the loaded case for something more, unless another one takes its place."""
        try:
            revision, pieces = await self._store.read(org, session_id)
            size = sum(map(len, pieces))
            traces = await beside_other_calls(size, lambda: _traces_in(pieces))
            async for part in each_beside_other_calls(size, parts(index_fields(traces, ignores))):
                await self._store.extend(org, session_id, revision, part)
        except StaleCase:
            return
