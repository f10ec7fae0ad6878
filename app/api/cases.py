"""Loading cases and replacing rules, so that what replay rules ignore is always indexed."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple

from app.api.preparation import Head, Part, Prepared
from app.api.preparer import Preparer
from app.http.beside import beside_other_calls
from app.recordings.ignores import Ignores, ids_of, ignores_in, read_ignores, write_ignores
from app.recordings.request import ignore_id
from app.store.cases import CaseStore, Loading, StaleCase, Unindexed, whole_document
from app.store.faults import unavailable

# Each try that fails means that another caller has changed the session meanwhile.
TRIES = 20


class Loaded(NamedTuple):
    """A case that was loaded: the session's new revision, and how many traces there are."""

    revision: int
    trace_count: int


def _lacking(unindexed: Unindexed) -> Ignores:
    ignores = read_ignores(unindexed.ignores)
    return tuple(ignore for ignore in ignores if ignore_id(ignore) in unindexed.lacking)


class Cases:
    """The cases and rules of all sessions.

    store: where they are. preparer: what makes a case ready for it.
    """

    def __init__(self, store: CaseStore, preparer: Preparer) -> None:
        self._store = store
        self._preparer = preparer

    async def load(self, org: str, session_id: str, document: bytes) -> Loaded:
        """Load a case document.

        Raises `invalid_body` or `rule_validation_failed`, and as `CaseStore` does.
        """
        loading = self._store.loading(org, session_id)
        head, last = await self._stage(loading, self._preparer.prepare("whole", document))
        assert head
        for _ in range(TRIES):
            try:
                return Loaded(await loading.finish(last, **head._asdict()), head.trace_count)
            except Unindexed as unindexed:
                more = self._preparer.prepare("more", document, _lacking(unindexed))
                _, last = await self._stage(loading, more)
        raise unavailable()

    async def _stage(
        self, loading: Loading, items: AsyncGenerator[Prepared, None]
    ) -> tuple[Head | None, Part]:
        """Send all parts but the last, which is given back with the head."""
        head: Head | None = None
        last: Part = []
        async with aclosing(items):
            async for prepared in items:
                if isinstance(prepared, Head):
                    head = prepared
                    continue
                if last:
                    await loading.stage(last)
                last = prepared
        return head, last

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

    async def _index(self, org: str, session_id: str, ignores: Ignores) -> None:
        """Index the loaded case for something more, unless another one takes its place."""
        try:
            tag, pieces = await self._store.read(org, session_id)
            size = sum(map(len, pieces))
            document = await beside_other_calls(size, lambda: whole_document(pieces))
            async with aclosing(self._preparer.prepare("more", document, ignores)) as items:
                async for part in items:
                    if not isinstance(part, Head):
                        await self._store.extend(org, session_id, tag, part)
        except StaleCase:
            return
