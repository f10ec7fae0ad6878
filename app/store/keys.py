"""Key names: every Redis key of the project is made here.

All keys of a session share one hash tag, `{org/session}`, and those of an organisation another, so
that a script's keys lie in one slot of a cluster.
"""

from typing import NamedTuple

PREFIX = "sp"

# The form in which a session is written, in its field `schema`. A version that writes another form
# reads this one too, so that replicas of both can run side by side.
SCHEMA = b"1"

# When each session lapses, for the sweeper: members `org/session`, scores in ms since the epoch.
DUE = f"{PREFIX}:due"

# The names of all organisations, and by which digest the record of a key is found, by the key's id.
# These, the records that they lead to and each organisation's list of keys stay until they are
# removed; every other key of the store has an expiry.
ORGS = f"{PREFIX}:orgs"
KEY_IDS = f"{PREFIX}:keys"


class SessionKeys(NamedTuple):
    """The keys of one session, in the order in which every session script takes them."""

    session: str
    case: str
    spans: str
    seen: str
    claims: str
    case_claims: str
    cursors: str


class SessionHashes(NamedTuple):
    """The keys of the hashes of some sessions, for a script that touches nothing else of them."""

    sessions: tuple[str, ...]


class LoadingKeys(NamedTuple):
    """The keys of one session, and where its next case is put together."""

    session: str
    case: str
    spans: str
    seen: str
    claims: str
    case_claims: str
    cursors: str
    loading: str


class OrgKeys(NamedTuple):
    """The keys of one organisation."""

    open: str
    captures: str
    entries: str


class OrgQuotaKeys(NamedTuple):
    """An organisation's record, and what is counted of it; `take_quota.lua` says how."""

    record: str
    used: str
    minute: str
    live: str
    reserved: str
    holds: str
    counted: str


class OrgRecordKeys(NamedTuple):
    """What is written down of an organisation: its tier and limits of its own."""

    org: str


class KeyRecordKeys(NamedTuple):
    """What is written down of a key, found by the SHA-256 of the key."""

    key: str


class AuditKeys(NamedTuple):
    """The stream of who did what in an organisation."""

    audit: str


class DueKeys(NamedTuple):
    """The index over all sessions by the time at which they lapse."""

    due: str = DUE


class ProbeKeys(NamedTuple):
    """A key of no meaning, to try on it what the store permits."""

    probe: str


def probe_keys() -> ProbeKeys:
    """The key that the start's check tries commands on."""
    return ProbeKeys(f"{PREFIX}:probe")


def session_keys(org: str, session_id: str) -> SessionKeys:
    """The keys of a session of an organisation."""
    base = f"{PREFIX}:{{{org}/{session_id}}}"
    return SessionKeys(
        base,
        f"{base}:case",
        f"{base}:spans",
        f"{base}:seen",
        f"{base}:claims",
        f"{base}:case-claims",
        f"{base}:cursors",
    )


def loading_keys(org: str, session_id: str, load_id: str) -> LoadingKeys:
    """The keys of a session and of a load of its case.

    load_id: no other load has it.
    """
    keys = session_keys(org, session_id)
    return LoadingKeys(*keys, f"{keys.session}:load:{load_id}")


def org_keys(org: str) -> OrgKeys:
    """The keys of an organisation."""
    base = f"{PREFIX}:org:{{{org}}}"
    return OrgKeys(f"{base}:open", f"{base}:captures", f"{base}:captures:entries")


def org_quota_keys(org: str) -> OrgQuotaKeys:
    """The keys by which an organisation's quotas are kept."""
    base = org_record_keys(org).org
    counts = (f"{base}:{name}" for name in OrgQuotaKeys._fields[1:])
    return OrgQuotaKeys(base, *counts)


def counted_fields(session_id: str) -> tuple[str, str]:
    """What is noted of a session's bytes among those counted, as `count_bytes.lua` names it."""
    return session_id, f"{session_id} told"


def org_record_keys(org: str) -> OrgRecordKeys:
    """The key of an organisation's record."""
    return OrgRecordKeys(f"{PREFIX}:org:{{{org}}}")


def org_key_index(org: str) -> str:
    """Where an organisation's keys are listed: a hash of their digests by their ids."""
    return f"{PREFIX}:org:{{{org}}}:keys"


def key_record_keys(digest: str) -> KeyRecordKeys:
    """The key of a key's record.

    digest: the SHA-256 of the key in hex.
    """
    return KeyRecordKeys(f"{PREFIX}:key:{{{digest}}}")


def audit_keys(org: str) -> AuditKeys:
    """The key of an organisation's audit stream."""
    return AuditKeys(f"{PREFIX}:org:{{{org}}}:audit")


def due_member(org: str, session_id: str) -> str:
    """How a session is named in the index of lapses."""
    return f"{org}/{session_id}"


def due_owner(member: str) -> tuple[str, str]:
    """The organisation and session behind a member of the index of lapses."""
    org, _, session_id = member.partition("/")
    return org, session_id
