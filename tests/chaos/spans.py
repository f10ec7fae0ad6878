"""Spans: those that were acknowledged are in the file, each once, and none that was refused."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.evidence import CaseFile
from tests.chaos.history import Call, Kind, of_kind


def body_of(span_id: str) -> str:
    """The body that a span carries, which its id tells: from 0 to some 8 KiB."""
    size = int(span_id[:2], 16) * 32
    return (span_id * (size // len(span_id) + 1))[:size]


def kept_for_certain(calls: Sequence[Call]) -> set[str]:
    """The spans of uploads that were acknowledged whole."""
    whole = [call for call in calls if call.acknowledged and not call.amount]
    return {span for call in whole for span in call.sent}


def _refused_for_certain(uploads: Sequence[Call]) -> set[str]:
    """The spans of which no upload can have been kept."""
    refused = {span for call in uploads if call.status == 404 for span in call.sent}
    possible = [call for call in uploads if call.acknowledged or call.unknown]
    return refused - {span for call in possible for span in call.sent}


def _named(spans: set[str], what: str) -> Iterator[str]:
    if spans:
        yield f"{len(spans)} spans {what}: {' '.join(sorted(spans)[:8])}"


def check_spans(calls: Sequence[Call], file: CaseFile | None) -> Iterator[str]:
    """What is wrong with the spans of one capture session."""
    uploads = of_kind(calls, Kind.UPLOAD)
    kept = kept_for_certain(uploads)
    if file is None:
        yield from _named(kept, "acknowledged, and there is no file")
        return
    times = Counter(file.spans)
    found = set(times)
    yield from _named(kept - found, "acknowledged and lost")
    yield from _named({span for span in found if times[span] > 1}, "doubled")
    yield from _named(found & _refused_for_certain(uploads), "refused and yet kept")
    yield from _named(found - {span for call in uploads for span in call.sent}, "from nowhere")
    if file.damage:
        yield f"the file is damaged: {file.damage}"
    [created] = of_kind(calls, Kind.CREATE)
    if not file.damage and file.created != created.text:
        yield f"the file says that it was created at {file.created}, not {created.text}"
