"""Who makes a call: its organisation and, where keys are asked for, the key that it presented."""

from typing import NamedTuple


class Caller(NamedTuple):
    """Whose call it is; without keys every call is that of the one organisation there is.

    org: the organisation within which the call acts.
    key_id: the id of the key that was presented, never the key; empty without keys.
    kind: the key's kind: `live`, `ci` or `test`.
    project: the one project that the key is bound to; empty for one that is bound to none.
    """

    org: str = "default"
    key_id: str = ""
    kind: str = "live"
    project: str = ""


# Whoever calls where no keys are asked for.
WITHOUT_KEY = Caller()
