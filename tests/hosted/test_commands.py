"""`softprobe-runtime orgs`, `keys` and `audit`: what they do, print and refuse."""

import re
import subprocess
from pathlib import Path

import pytest

from app.cli.arguments import parse
from app.store.api_key import KINDS
from tests.hosted.operator import Operator, bearing
from tests.servers import RUNTIME, Replica, Valkey, free_port

SHAPE = r"sp_{}_[a-z2-7]{{32}}"


@pytest.fixture(scope="module")
def acme(operator: Operator) -> str:
    """An organisation."""
    operator.org("acme")
    return "acme"


def test_an_organisation_is_made_changed_and_listed(operator: Operator) -> None:
    """With limits of its own, one of which goes back to its tier's."""
    made = operator.ask(
        *("orgs", "create", "firm", "--tier", "team"),
        *("--limit", "sessions_per_minute=100", "open_sessions=7", "--limit", "bytes_per_month=9"),
    )
    limits = {"sessions_per_minute": 100, "open_sessions": 7, "bytes_per_month": 9}
    assert (made["org"], made["tier"], made["limits"]) == ("firm", "team", limits)
    changed = operator.ask(
        "orgs", "set", "firm", "--tier", "free", "--limit", "open_sessions=default"
    )
    assert (changed["tier"], changed["limits"].get("open_sessions")) == ("free", None)
    [listed] = [org for org in operator.ask("orgs", "list")["orgs"] if org["org"] == "firm"]
    assert listed == changed
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", listed["createdAt"])


@pytest.mark.parametrize(
    ("kind", "project"), [("live", ()), ("test", ()), ("ci", ("--project", "web"))]
)
def test_a_key_is_printed_once_when_it_is_made(
    operator: Operator, acme: str, kind: str, project: tuple[str, ...]
) -> None:
    """Alone on stdout for people, in one object for programs, and by its id ever after."""
    words = ("keys", "create", "--org", acme, "--kind", kind, *project)
    told = operator.run(*words)
    assert told.status == 0
    assert re.fullmatch(SHAPE.format(kind) + "\n", told.out)
    assert "this once" in told.err
    assert told.out.strip() not in told.err
    made = operator.ask(*words)
    assert list(made) == ["id", "key", "org", "kind"]
    assert re.fullmatch(SHAPE.format(kind), made["key"])
    assert (made["org"], made["kind"]) == (acme, kind)
    for words in (("keys", "list"), ("keys", "list", "--json"), ("audit", "--org", acme)):
        told = operator.run(*words)
        assert made["id"] in told.out
        assert "sp_" not in told.out + told.err


def test_what_is_used_is_headed_as_in_the_api(operator: Operator, acme: str) -> None:
    """A column for each member of a quota in `GET /v1/usage`."""
    heads = operator.run("orgs", "usage", acme).out.splitlines()[0].split("  ")
    assert [head.strip() for head in heads if head] == ["QUOTA", "USED", "LIMIT", "RESETS AT"]
    [*_, last] = operator.ask("orgs", "usage", acme)["quotas"]
    assert list(last) == ["name", "limit", "used", "resetsAt"]


def test_the_help_says_what_each_kind_of_key_may_do(capsys: pytest.CaptureFixture[str]) -> None:
    """So that nobody has to look it up to make one."""
    with pytest.raises(SystemExit):
        parse(["keys", "create", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(f"{kind}: " in told for kind in KINDS)


def test_keys_are_listed_with_what_they_are_bound_to(operator: Operator) -> None:
    """Of one organisation or of all."""
    for org in ("left", "right"):
        operator.org(org)
        operator.key(org, "ci", f"{org}-web")
    [one] = operator.ask("keys", "list", "--org", "left")["keys"]
    assert (one["org"], one["kind"], one["project"], one["expiresAt"]) == (
        "left",
        "ci",
        "left-web",
        None,
    )
    every = {line["org"] for line in operator.ask("keys", "list")["keys"]}
    assert {"left", "right"} <= every
    table = operator.run("keys", "list", "--org", "left").out.splitlines()
    assert table[0].split() == ["ID", "ORG", "KIND", "PROJECT", "CREATED", "ENDS"]
    assert table[1].split()[:4] == [one["id"], "left", "ci", "left-web"]
    assert len(table) == 2


def test_a_rotated_key_has_a_successor_and_an_end(operator: Operator) -> None:
    """The same kind of key for the same organisation and project."""
    operator.org("turning")
    first = operator.ask("keys", "create", "--org", "turning", "--kind", "ci", "--project", "web")
    second = operator.ask("keys", "rotate", first["id"])
    assert list(second) == ["id", "key", "org", "kind"]
    assert second["key"] != first["key"]
    listed = operator.ask("keys", "list", "--org", "turning")["keys"]
    ends = {line["id"]: line["expiresAt"] is not None for line in listed}
    assert ends == {first["id"]: True, second["id"]: False}
    assert {line["project"] for line in listed} == {"web"}
    again = operator.run("keys", "rotate", first["id"])
    assert (again.status, again.out) == (2, "")
    assert "rotated before" in again.err


def test_a_revoked_key_is_gone_from_the_list(operator: Operator) -> None:
    """To revoke it again says that there is none."""
    operator.org("ended")
    made = operator.ask("keys", "create", "--org", "ended", "--kind", "live")
    revoked = {"id": made["id"], "org": "ended", "revoked": True}
    assert operator.ask("keys", "revoke", made["id"]) == revoked
    assert operator.ask("keys", "list", "--org", "ended") == {"keys": []}
    assert operator.run("keys", "revoke", made["id"]).status == 2


def test_the_audit_tells_what_was_done_with_commands(operator: Operator) -> None:
    """In the order in which it was done, the newest so many."""
    operator.org("watched")
    made = operator.ask("keys", "create", "--org", "watched", "--kind", "live")
    operator.ask("orgs", "set", "watched", "--tier", "team")
    operator.ask("keys", "revoke", made["id"])
    told = operator.ask("audit", "--org", "watched")
    assert [(entry["by"], entry["action"], entry["subject"]) for entry in told["entries"]] == [
        ("command line", "org.create", "watched"),
        ("command line", "key.create", made["id"]),
        ("command line", "org.set", "watched"),
        ("command line", "key.revoke", made["id"]),
    ]
    newest = operator.ask("audit", "--org", "watched", "--count", "2")
    assert newest["entries"] == told["entries"][-2:]
    assert operator.run("audit", "--org", "watched").out.count("\n") == 5


REFUSED = {
    "orgs create acme --tier free": "there is an organisation 'acme' already",
    "orgs create acme": "the following arguments are required: --tier",
    "orgs create Acme --tier free": "lowercase letters",
    "orgs create ../x --tier free": "lowercase letters",
    "orgs create x --tier gold": "invalid choice",
    "orgs": "the following arguments are required: COMMAND",
    "orgs create x --tier free --limit speed=3": "QUOTA=NUMBER or QUOTA=default, not 'speed=3'",
    "orgs create x --tier free --limit open_sessions=-1": "a number is whole",
    "orgs create x --tier free --limit open_sessions=1000000000000001": "at most 10^15",
    "orgs create x --tier free --limit open_sessions": "QUOTA=NUMBER",
    "orgs set --limit open_sessions=3 acme": "stands before --limit",
    "orgs set nobody --tier free": "there is no organisation 'nobody'",
    "orgs set acme": "nothing to set",
    "keys create --org nobody --kind live": "there is no organisation 'nobody'",
    "keys create --org acme --kind ci": "bound to one project",
    "keys create --org acme --kind live --project web": "bound to no project",
    "keys create --org acme --kind ci --project {web}": "a project's name is",
    "keys create --org acme --kind root": "invalid choice",
    "keys revoke key_0": "there is no key 'key_0'",
    "keys rotate key_0": "there is no key 'key_0'",
    "keys list --org nobody": "there is no organisation 'nobody'",
    "audit --org nobody": "there is no organisation 'nobody'",
    "audit --org acme --count 0": "a whole number",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_done_is_refused_in_a_line(
    operator: Operator, acme: str, words: str
) -> None:
    """With status 2 and nothing on stdout."""
    told = operator.run(*words.split())
    assert (told.status, told.out) == (2, ""), acme
    assert REFUSED[words] in told.err.splitlines()[-1]


@pytest.mark.parametrize("word", ["rotate", "revoke"])
def test_a_key_in_place_of_its_id_is_not_repeated(operator: Operator, acme: str, word: str) -> None:
    """What is printed may be kept in a log; the line says what to give, and what to do now."""
    key = operator.key(acme)
    told = operator.run("keys", word, key)
    assert (told.status, told.out) == (2, "")
    assert key.removeprefix("sp_live_") not in told.err
    assert "expected a key's id" in told.err.splitlines()[-1]
    assert "rotate it" in told.err.splitlines()[-1]


def test_a_command_is_a_process_like_any_other(operator: Operator, acme: str) -> None:
    """What it prints for programs and its status are what a script sees."""
    for words, status in ((("keys", "list", "--json"), 0), (("keys", "revoke", "key_0"), 2)):
        done = subprocess.run(
            [str(RUNTIME), *words],
            env=operator.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        told = operator.run(*words)
        assert (done.returncode, done.stdout, done.stderr) == told, acme
        assert told.status == status


def test_a_store_that_is_away_has_a_status_of_its_own(house: Path) -> None:
    """And one line says why."""
    url = f"redis://127.0.0.1:{free_port()}"
    told = Operator(house, store_url=url).run("keys", "list")
    assert (told.status, told.out, told.err.count("\n")) == (3, "", 1)
    assert "does not answer" in told.err


def test_a_bad_setting_is_told_as_a_replica_tells_it(house: Path) -> None:
    """In one line."""
    told = Operator(house, store_url="mysql://x").run("orgs", "list")
    assert (told.status, told.out, told.err.count("\n")) == (2, "", 1)
    assert "SOFTPROBE_STORE_URL" in told.err


def test_lists_may_be_empty(folder: Path) -> None:
    """Then a line says so, and what to do."""
    with Valkey() as empty:
        fresh = Operator(folder, store_url=empty.url)
        assert fresh.ask("orgs", "list") == {"orgs": []}
        assert fresh.ask("keys", "list") == {"keys": []}
        assert "orgs create" in fresh.run("orgs", "list").out


@pytest.mark.parametrize("depth", [0, 3])
def test_commands_reach_the_embedded_store(folder: Path, depth: int) -> None:
    """While a replica runs with it, wherever its socket is, and while none does."""
    data = folder.joinpath(*["a-folder-with-a-long-name-for-a-socket"] * depth, "data")
    fresh = Operator(folder, data_dir=str(data))
    fresh.org("acme")
    key = fresh.key("acme")
    cases = str(folder / "{org}" / "{sessionId}.json")
    settings = {"auth": "keys", "capture_case_path": cases, "data_dir": str(data)}
    with Replica(folder, **settings) as replica:
        assert replica.get("/v1/sessions", headers=bearing(key)).status == 200
        later = fresh.key("acme", "test")
        assert replica.get("/v1/sessions", headers=bearing(later)).status == 200
    assert len(fresh.ask("keys", "list")["keys"]) == 2
