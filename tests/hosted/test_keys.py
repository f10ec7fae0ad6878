"""Keys and replicas: what each may, how soon one ends, and that none is anywhere in clear."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.otlp.media import Media
from tests.api import otlp
from tests.hosted.operator import Operator, bearing
from tests.servers import RUNTIME, Replica, Response, Valkey, replicas, wait_until


@pytest.fixture(scope="module", autouse=True)
def acme(operator: Operator) -> None:
    """An organisation."""
    operator.org("acme")


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/meta", "/v1/captures", "/v1/nowhere"])
def test_every_call_needs_a_key(pair: list[Replica], operator: Operator, path: str) -> None:
    """Unknown routes too; a key goes as a bearer token or as the proxy's public key."""
    key = operator.key("acme")
    wanted = 404 if path.endswith("nowhere") else 200
    assert pair[0].get(path, headers=bearing(key)).status == wanted
    assert pair[1].get(path, headers={"x-public-key": key}).status == wanted
    for headers in ({}, bearing("sp_live_" + "a" * 32), bearing("token"), bearing(key + "a")):
        answer = pair[0].get(path, headers=headers)
        assert (answer.status, answer.json()["error"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/v1/inject", "/v1/traces"])
@pytest.mark.parametrize("media", otlp.MEDIA, ids=str)
def test_the_data_plane_needs_one_too(
    pair: list[Replica], operator: Operator, path: str, media: Media
) -> None:
    """And says so in the caller's media."""
    payload = otlp.question(otlp.UNKNOWN_SESSION, otlp.hop())
    assert otlp.send(pair[0], path, payload, media).status == 401
    body = otlp.encoded(payload, media)
    fields = {"content-type": media.content_type, "x-public-key": operator.key("acme")}
    assert pair[0].post(path, body, headers=fields).status != 401


def test_what_is_open_stays_open(pair: list[Replica]) -> None:
    """Health, readiness and the description; metrics have a token of their own, if any."""
    for path in ("/health", "/ready", "/openapi.json", "/metrics"):
        assert pair[0].get(path).status == 200


def test_a_key_of_a_later_version_is_forbidden(
    pair: list[Replica], operator: Operator, store: Valkey
) -> None:
    """A kind that is not known may do nothing."""
    made = operator.ask("keys", "create", "--org", "acme", "--kind", "live")
    with redis.Redis(port=store.port) as client:
        [name] = [
            name
            for name in client.scan_iter("sp:key:*")
            if client.hget(name, "id") == made["id"].encode()
        ]
        client.hset(name, "kind", "readonly")
    for path in ("/v1/sessions", "/v1/inject"):
        answer = pair[0].post(path, headers=bearing(made["key"]))
        assert answer.status == 403
        assert answer.json().get("error", "forbidden") == "forbidden"


def _is_refused(replica: Replica, key: str) -> bool:
    return replica.get("/v1/meta", headers=bearing(key)).status == 401


def test_a_revoked_key_ends_on_every_replica(pair: list[Replica], operator: Operator) -> None:
    """Though both took it a moment before; the others of the organisation go on.

    How soon is held by the check's own tests, by their clock.
    """
    made = operator.ask("keys", "create", "--org", "acme", "--kind", "live")
    other = operator.key("acme")
    for replica in pair:
        assert replica.get("/v1/meta", headers=bearing(made["key"])).status == 200
    operator.ask("keys", "revoke", made["id"])
    for replica in pair:
        wait_until(lambda one=replica: _is_refused(one, made["key"]), "the revoked key to end")
        assert replica.get("/v1/meta", headers=bearing(other)).status == 200


def test_a_rotated_key_and_its_successor_both_work(pair: list[Replica], operator: Operator) -> None:
    """For the same organisation."""
    first = operator.ask("keys", "create", "--org", "acme", "--kind", "live")
    session = pair[0].post("/v1/sessions", {"mode": "replay"}, headers=bearing(first["key"]))
    second = operator.ask("keys", "rotate", first["id"])
    path = f"/v1/sessions/{session.json()['sessionId']}"
    for key in (first["key"], second["key"]):
        assert pair[1].get(path, headers=bearing(key)).status == 200


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[tuple[Valkey, Replica, Operator]]:
    """A store and a replica of a test's own."""
    cases = str(tmp_path / "{org}" / "{sessionId}.json")
    settings = {"auth": "keys", "capture_case_path": cases, "log_level": "debug"}
    with Valkey() as store, replicas(tmp_path, 1, store_url=store.url, **settings) as [replica]:
        operator = Operator(tmp_path, store_url=store.url)
        operator.org("acme")
        yield store, replica, operator


def test_a_store_that_is_away_makes_no_key_wrong(
    lone: tuple[Valkey, Replica, Operator],
) -> None:
    """503 with a time to come again, on both APIs; and when it is back, the key works."""
    store, replica, operator = lone
    key = operator.key("acme")
    store.stop()
    for path in ("/v1/sessions", "/v1/inject", "/v1/traces"):
        answer = replica.post(path, headers=bearing(key))
        assert answer.status == 503
        assert answer.headers["retry-after"]
    assert replica.post("/v1/sessions", headers=bearing("no-key")).status == 401
    store.start()
    wait_until(lambda: replica.get("/v1/sessions", headers=bearing(key)).status == 200, "the key")


def _held(store: Valkey) -> bytes:
    """All that a store holds, names and values of every kind."""
    with redis.Redis(port=store.port) as client:
        names = list(client.scan_iter(count=1000))
        readers = {
            b"hash": client.hgetall,
            b"zset": lambda name: client.zrange(name, 0, -1),
            b"set": client.smembers,
            b"list": lambda name: client.lrange(name, 0, -1),
            b"stream": client.xrange,
        }
        return repr([(name, readers[client.type(name)](name)) for name in names]).encode()


def _use(replica: Replica, key: str) -> list[Response]:
    """Calls with a key, right and wrong ones."""
    calls: list[tuple[str, str, object]] = [
        ("POST", "/v1/sessions", {"mode": "capture"}),
        ("POST", "/v1/sessions", {"mode": "nonsense"}),
        ("GET", "/v1/sessions", None),
        ("GET", "/v1/nowhere", None),
        ("POST", "/v1/inject", {}),
        ("POST", "/v1/traces", {}),
    ]
    said = [replica.call(*call, headers=bearing(key)) for call in calls]
    session_id = said[0].json()["sessionId"]
    for what in ("rules", "policy", "fixtures/auth", "load-case", "close", "close"):
        path = f"/v1/sessions/{session_id}/{what}"
        said.append(replica.post(path, {"rules": []}, headers=bearing(key)))
    return [
        *said,
        replica.get("/v1/meta", headers=bearing(key[:-1] + "0")),
        replica.get("/metrics"),
    ]


def test_no_key_is_anywhere_in_clear(lone: tuple[Valkey, Replica, Operator]) -> None:
    """Neither in the store, nor in its file, nor in an answer, a log line, a file or a process."""
    store, replica, operator = lone
    keys = [operator.key("acme"), operator.key("acme", "ci", "web")]
    said = [answer for key in keys for answer in _use(replica, key)]
    listed = subprocess.run(["ps", "axeww"], capture_output=True, check=True).stdout
    seen = {
        "store": _held(store),
        "its files": b"".join(f.read_bytes() for f in store.folder.rglob("*") if f.is_file()),
        "answers": b"".join(answer.body + repr(answer.headers).encode() for answer in said),
        "log": replica.log.read_bytes(),
        "processes": listed,
        "case files": b"".join(f.read_bytes() for f in replica.folder.rglob("*.json")),
    }
    secrets = [key.rpartition("_")[2].encode() for key in keys]
    assert [place for place, text in seen.items() if any(word in text for word in secrets)] == []
    assert b"sp:key:{" in seen["store"]
    assert b'"org": "acme"' in seen["log"] or b'"org":"acme"' in seen["log"]


def test_no_command_takes_a_key(operator: Operator) -> None:
    """So that none stands in a shell's history or in a list of processes."""
    key = operator.key("acme")
    for words in (("rotate", key), ("revoke", key)):
        told = operator.run("keys", *words)
        assert told.status == 2
    assert (
        "--key"
        not in subprocess.run(
            [str(RUNTIME), "keys", "create", "--help"], capture_output=True, text=True, check=True
        ).stdout
    )
