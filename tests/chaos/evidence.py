"""What a scene has left behind, as the checker wants it: files, indexes, keys."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CaseFile:
    """A case file that was read back.

    created: its `createdAt`. spans: their ids, in order. damage: what is wrong with it, if anything
    is.
    """

    created: str = ""
    spans: tuple[str, ...] = ()
    damage: str = ""


@dataclass(frozen=True)
class Evidence:
    """What stands when all is over.

    files: the case files by session. strays: names in the folder that are no case file.
    listed: captures as they are listed, with how many traces; an id may be listed twice.
    unread: captures that cannot be read back as the file has them.
    open: ids of the sessions that are listed as open.
    states: the state in the store of each session that is there still.
    leftovers: keys of sessions besides the session itself. immortal: keys without an expiry.
    drains: the exit status of each replica that was asked to end.
    halves: names under which a file was seen that was not whole.
    bugs: what replicas logged of exceptions that nobody expected.
    """

    files: dict[str, CaseFile] = field(default_factory=dict)
    strays: tuple[str, ...] = ()
    listed: tuple[tuple[str, int], ...] = ()
    unread: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    states: dict[str, str] = field(default_factory=dict)
    leftovers: tuple[str, ...] = ()
    immortal: tuple[str, ...] = ()
    drains: tuple[int, ...] = ()
    halves: tuple[str, ...] = ()
    bugs: tuple[str, ...] = ()
