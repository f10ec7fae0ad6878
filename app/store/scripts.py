"""Every change of a session or of a record, as typed callers of the scripts in `app/lua/`.

What each does, replies and guarantees is said in the script's own head. Only the indexes beside the
sessions, which are hints, are also changed by plain commands (`index.py`).
"""

from collections.abc import Sequence

from app.store.keys import (
    AuditKeys,
    DueKeys,
    KeyRecordKeys,
    LoadingKeys,
    OrgKeys,
    OrgQuotaKeys,
    OrgRecordKeys,
    ProbeKeys,
    SessionHashes,
    SessionKeys,
)
from app.store.script import Reply, lua

# ruff: noqa: D103 (the head of each script documents it)


@lua
async def create_session(
    keys: SessionKeys,
    *,
    mode: str,
    policy: str,
    project: str,
    grace_ms: int,
    ttl_ms: int,
    tag: str,
) -> Reply: ...


@lua
async def forget_session(keys: SessionKeys, *, tag: str, tombstone_ms: int) -> Reply: ...


@lua
async def replace_document(
    keys: SessionKeys, *, ttl_ms: int, tag: str, fields: Sequence[str | bytes]
) -> Reply: ...


@lua
async def replace_rules(
    keys: SessionKeys,
    *,
    document: bytes,
    rule_count: int,
    ignores: bytes,
    ignore_ids: str,
    ttl_ms: int,
    tag: str,
) -> Reply: ...


@lua
async def stage_case(
    keys: LoadingKeys, *, life_ms: int, fields: Sequence[str | bytes]
) -> Reply: ...


@lua
async def load_case(
    keys: LoadingKeys,
    *,
    case_id: str,
    trace_count: int,
    rules: str,
    parts: int,
    life_ms: int,
    ttl_ms: int,
    tag: str,
    fields: Sequence[str | bytes],
) -> Reply: ...


@lua
async def extend_case(
    keys: SessionKeys, *, case_tag: str | bytes, fields: Sequence[str | bytes]
) -> Reply: ...


@lua
async def touch_session(keys: SessionKeys, *, ttl_ms: int) -> Reply: ...


@lua
async def count_decision(
    keys: SessionKeys, *, counter: str, strict_miss: str, ttl_ms: int
) -> Reply: ...


@lua
async def confirm_hops(
    keys: SessionHashes, *, ttl_ms: int, decided: Sequence[str | bytes]
) -> Reply: ...


@lua
async def claim_rule(
    keys: SessionKeys, *, version: str, layer: str, rule: int, is_hit: bool, ttl_ms: int
) -> Reply: ...


@lua
async def take_recording(
    keys: SessionKeys,
    *,
    version: str,
    layer: str,
    rule: str,
    ignored: str,
    port: str,
    line: str | bytes,
    ttl_ms: int,
    recordings: Sequence[str | bytes],
) -> Reply: ...


@lua
async def append_spans(
    keys: SessionKeys,
    *,
    max_bytes: int,
    room: int,
    ttl_ms: int,
    version: str,
    items: Sequence[str | bytes],
) -> Reply: ...


@lua
async def read_spans(keys: SessionKeys, *, start: int, max_spans: int, max_bytes: int) -> Reply: ...


@lua
async def read_long_span(keys: SessionKeys, *, position: int, start: int, length: int) -> Reply: ...


@lua
async def begin_close(
    keys: SessionKeys, *, owner: str, lease_ms: int, tombstone_ms: int, lapsed: bool
) -> Reply: ...


@lua
async def renew_lease(keys: SessionKeys, *, owner: str, lease_ms: int) -> Reply: ...


@lua
async def commit_close(keys: SessionKeys, *, owner: str, tombstone_ms: int) -> Reply: ...


@lua
async def abort_close(keys: SessionKeys, *, owner: str) -> Reply: ...


@lua
async def schedule_session(
    keys: DueKeys, *, member: str, in_ms: int, keep_ms: int, unless_noted: bool
) -> Reply: ...


@lua
async def index_capture(
    keys: OrgKeys, *, capture_id: str, entry: str, keep: int, ttl_ms: int
) -> Reply: ...


@lua
async def create_org(keys: OrgRecordKeys, *, fields: Sequence[str | bytes]) -> Reply: ...


@lua
async def change_org(keys: OrgRecordKeys, *, fields: Sequence[str | bytes]) -> Reply: ...


@lua
async def create_key(keys: KeyRecordKeys, *, fields: Sequence[str | bytes]) -> Reply: ...


@lua
async def retire_key(keys: KeyRecordKeys, *, life_ms: int) -> Reply: ...


@lua
async def revoke_key(keys: KeyRecordKeys, *, key_id: str) -> Reply: ...


@lua
async def append_audit(
    keys: AuditKeys, *, keep: int, ttl_ms: int, fields: Sequence[str | bytes]
) -> Reply: ...


@lua
async def take_quota(
    keys: OrgQuotaKeys, *, session: str, held_to: str, presets: str, life_ms: int
) -> Reply: ...


@lua
async def read_usage(keys: OrgQuotaKeys, *, held_to: str, presets: str) -> Reply: ...


@lua
async def settle_sessions(
    keys: OrgQuotaKeys, *, life_ms: int, seen: Sequence[str | bytes]
) -> Reply: ...


@lua
async def hold_bytes(
    keys: OrgQuotaKeys,
    *,
    session: str,
    nonce: str,
    wanted: int,
    held_to: str,
    presets: str,
    life_ms: int,
) -> Reply: ...


@lua
async def count_bytes(
    keys: OrgQuotaKeys,
    *,
    session: str,
    hold: str | bytes,
    total: int,
    held_to: str,
    presets: str,
    life_ms: int,
) -> Reply: ...


@lua
async def add_bytes(keys: OrgQuotaKeys, *, octets: int, life_ms: int) -> Reply: ...


@lua
async def probe_rights(keys: ProbeKeys, *, expiry_ms: int) -> Reply: ...
