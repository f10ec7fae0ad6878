"""What may be asked of `softprobe-runtime keys`, `orgs` and `audit`."""

import argparse
import re
from typing import Any

from app.quotas.limits import FREE, LARGEST, QUOTAS, TIERS
from app.store.api_key import KINDS
from app.store.organisation import is_org_name

_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
# How many deeds are shown unless another number is asked for, and at most.
_DEEDS, _MOST_DEEDS = 100, 10_000

Limit = tuple[str, int | None]


def _org(text: str) -> str:
    if not is_org_name(text):
        raise argparse.ArgumentTypeError(
            "an organisation's name is 1 to 63 lowercase letters, digits and dashes within"
        )
    return text


def _project(text: str) -> str:
    if not _PROJECT.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "a project's name is 1 to 100 letters, digits, `.`, `_`, `/` and `-`"
        )
    return text


def _limit(text: str) -> Limit:
    """A limit; None where the tier's is to hold again."""
    name, _, value = text.partition("=")
    is_number = re.fullmatch(r"[0-9]{1,16}", value) is not None and int(value) <= LARGEST
    if name not in QUOTAS or not (is_number or value == "default"):
        raise argparse.ArgumentTypeError(
            f"expected QUOTA=NUMBER or QUOTA=default, not {text!r}: quotas are "
            f"{', '.join(QUOTAS)}, a number is whole and at most 10^15, and what else is named "
            "stands before --limit"
        )
    return name, int(value) if is_number else None


def _key_id(text: str) -> str:
    """An id; what is none is not shown, since it may be the key."""
    if not text.startswith("key_"):
        raise argparse.ArgumentTypeError(
            "expected a key's id, such as key_7e1a255b6274279c (`keys list` shows them); if this "
            "was the key itself, rotate it: it now stands where commands are kept"
        )
    return text


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= _MOST_DEEDS:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {_MOST_DEEDS}")
    return int(text)


def _sentence(about: str) -> str:
    return about[0].upper() + about[1:] + "."


class _Group:
    """The commands under one word."""

    def __init__(self, commands: Any, word: str, about: str, formatter: Any) -> None:
        self._word = word
        self._formatter = formatter
        top = commands.add_parser(
            word, help=about, description=_sentence(about), formatter_class=formatter
        )
        self._commands = top.add_subparsers(
            dest="what", required=True, title="commands", metavar="COMMAND"
        )

    def add(self, name: str, about: str) -> argparse.ArgumentParser:
        """One more of them."""
        made: argparse.ArgumentParser = self._commands.add_parser(
            name, help=about, description=_sentence(about), formatter_class=self._formatter
        )
        made.set_defaults(run=f"{self._word} {name}")
        return with_json(made)


def with_json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """A command that answers programs too."""
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    return parser


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        nargs="+",
        action="extend",
        default=[],
        type=_limit,
        metavar="QUOTA=NUMBER",
        help=f"a limit of its own ({', '.join(QUOTAS)}), or QUOTA=default for its tier's",
    )


def _add_orgs(commands: Any, formatter: Any) -> None:
    orgs = _Group(commands, "orgs", "make, change and list organisations", formatter)
    for name, about in (
        ("create", "make an organisation"),
        ("set", "change an organisation's tier or limits, for all replicas at once"),
    ):
        one = orgs.add(name, about)
        one.add_argument("org", type=_org, metavar="ORG", help="the organisation's name")
        one.add_argument(
            "--tier", choices=tuple(TIERS), required=name == "create", help="whose limits it has"
        )
        _add_limits(one)
    orgs.add("list", "list all organisations")
    used = orgs.add("usage", "say what an organisation has used of its quotas")
    used.add_argument("org", type=_org, metavar="ORG", help="the organisation's name")


def _add_keys(commands: Any, formatter: Any) -> None:
    keys = _Group(commands, "keys", "make, list, rotate and revoke callers' keys", formatter)
    create = keys.add("create", "make a key, and print it this once")
    create.add_argument("--org", type=_org, required=True, help="whose it is")
    create.add_argument(
        "--kind",
        choices=KINDS,
        required=True,
        help="live: everything in its organisation; ci: the same in one project; "
        f"test: as live, within the limits of the tier {FREE}",
    )
    create.add_argument("--project", type=_project, help="what a ci key is bound to")
    every = keys.add("list", "list the keys that work, by their ids")
    every.add_argument("--org", type=_org, help="those of one organisation alone")
    rotate = keys.add("rotate", "make a key's successor; the key itself works for 24 h more")
    revoke = keys.add("revoke", "end a key, within 5 s on every replica")
    for one in (rotate, revoke):
        one.add_argument("id", type=_key_id, metavar="ID", help="the key's id, never the key")


def _add_audit(commands: Any, formatter: Any) -> None:
    about = "say who did what in an organisation, and when"
    audit = commands.add_parser(
        "audit",
        help=about,
        description=_sentence(f"{about}; the newest comes last"),
        formatter_class=formatter,
    )
    audit.set_defaults(run="audit")
    audit.add_argument("--org", type=_org, required=True, help="the organisation's name")
    audit.add_argument("--count", type=_count, default=_DEEDS, help=f"how many; {_DEEDS} else")
    with_json(audit)


def add_hosted(commands: Any, formatter: Any) -> None:
    """Add all of them to the top parser's commands.

    formatter: the form of their helps.
    """
    _add_orgs(commands, formatter)
    _add_keys(commands, formatter)
    _add_audit(commands, formatter)
