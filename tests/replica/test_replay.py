"""Rules that answer once and recordings, shared by two replicas: each is handed out once."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from app.store.keys import session_keys
from tests.api import otlp
from tests.api.otlp import hop, mock
from tests.api.replay import case, load, recorded, replay, replaying, said, trace
from tests.proxy import StoreProxy
from tests.servers import Replica, Valkey, replicas, wait_until

ORG = "default"
CALLERS = 64
ROUNDS = 100
Pair = list[Replica]


@pytest.fixture(scope="module")
def pair(store: Valkey, place: Path) -> Iterator[Pair]:
    """Two replicas."""
    with replicas(place, 2, store_url=store.url) as both:
        yield both


@pytest.fixture(scope="module")
def callers() -> Iterator[ThreadPoolExecutor]:
    """As many callers as ask at once."""
    with ThreadPoolExecutor(CALLERS) as pool:
        yield pool


def asked_at_once(
    callers: ThreadPoolExecutor, pair: Pair, session_id: str, path: str, count: int = CALLERS
) -> Counter[str | None]:
    """What so many concurrent hops to a path are answered, over both replicas."""
    numbers = range(count)
    return Counter(callers.map(lambda n: said(pair[n % 2], session_id, hop(path=path)), numbers))


# Case 11: polling.
def test_eight_polls_at_once_over_two_replicas(pair: Pair, callers: ThreadPoolExecutor) -> None:
    """Another request between them has its own turn."""
    polls = [("1", "pending"), ("2", "new"), ("1", "running"), ("1", "done")]
    jobs = [recorded(hop(path=f"/job/{job}"), state) for job, state in polls]
    session_id = replaying(pair[0], case(*jobs))
    assert said(pair[1], session_id, hop(path="/job/2")) == "new"
    found = asked_at_once(callers, pair, session_id, "/job/1", 8)
    assert found == {"pending": 1, "running": 1, "done": 6}
    assert said(pair[0], session_id, hop(path="/job/2")) == "new"


def test_a_rule_that_answers_once_hits_once_100_times_over(
    pair: Pair, callers: ThreadPoolExecutor
) -> None:
    """Of 64 hops at once one is a hit, and 63 go to the upstream."""
    rules = [mock({"path": f"/{n}"}, body="hit") | {"consume": "once"} for n in range(ROUNDS)]
    session_id = otlp.mocked(pair[0], *rules)
    for number in range(ROUNDS):
        found = asked_at_once(callers, pair, session_id, f"/{number}")
        assert found == {"hit": 1, None: CALLERS - 1}
    assert otlp.stats(pair[1], session_id)["injectedSpans"] == ROUNDS


def test_each_recording_of_a_sequence_is_handed_out_once_and_the_last_repeats(
    pair: Pair, callers: ThreadPoolExecutor
) -> None:
    """Five recordings among 64 hops at once, 20 times over."""
    hops = [recorded(hop(path=f"/{n}"), str(turn)) for turn in range(5) for n in range(20)]
    session_id = replaying(pair[0], case(*hops))
    for number in range(20):
        found = asked_at_once(callers, pair, session_id, f"/{number}")
        assert found == {"0": 1, "1": 1, "2": 1, "3": 1, "4": CALLERS - 4}


def test_a_case_that_replaces_another_under_load_takes_its_place_at_once(
    pair: Pair, callers: ThreadPoolExecutor
) -> None:
    """Every answer is of one case or the other, and none of the old one comes afterwards."""
    old = case(recorded(hop(), "old"))
    new = case(*(recorded(hop(), f"new {turn}") for turn in range(5)))
    session_id = replaying(pair[0], old)
    asking = [callers.submit(said, pair[n % 2], session_id, hop()) for n in range(200)]
    load(pair[1], session_id, new)
    found = Counter(future.result() for future in asking)
    assert set(found) <= {"old", *(f"new {turn}" for turn in range(5))}
    assert all(found[f"new {turn}"] <= 1 for turn in range(4))
    rest = asked_at_once(callers, pair, session_id, "/")
    assert "old" not in rest


def test_rules_and_cases_that_race_leave_no_rule_without_its_index(
    pair: Pair, callers: ThreadPoolExecutor
) -> None:
    """Whichever replica is first, both calls succeed and a hop is answered."""
    document = case(recorded(hop(path="/p?n=1"), "found"))
    for number in range(30):
        session_id = pair[0].create("replay")
        rules = {"rules": [replay({"query": ["n", str(number)]})]}
        calls = [("load-case", document), ("rules", rules), ("load-case", document)]
        answers = [
            callers.submit(pair[n % 2].post, f"/v1/sessions/{session_id}/{call}", body)
            for n, (call, body) in enumerate(calls)
        ]
        assert [answer.result().status for answer in answers] == [200] * 3
        assert said(pair[1], session_id, hop(path="/p?n=2")) == "found"


def test_a_store_that_forgot_its_scripts_hands_out_all_the_same(pair: Pair, store: Valkey) -> None:
    """SCRIPT FLUSH before every call."""
    once = mock({"path": "/once"}, body="once") | {"consume": "once"}
    document = case(recorded(hop(path="/job"), "1"), recorded(hop(path="/job"), "2"))
    with redis.Redis(port=store.port) as client:
        client.script_flush()
        session_id = otlp.mocked(pair[0], replay(), once)
        client.script_flush()
        load(pair[1], session_id, document)
        for path, right in (("/once", "once"), ("/once", None), ("/job", "1"), ("/job", "2")):
            client.script_flush()
            assert said(pair[0], session_id, hop(path=path)) == right


def big_case(count: int, body: str) -> bytes:
    """A case of that many recordings of different requests."""
    before, after = json.dumps(trace(recorded(hop(path="/PATH"), body))).split("PATH")
    traces = ",".join(f"{before}{number}{after}" for number in range(count))
    return f'{{"version":"1","caseId":"c","traces":[{traces}]}}'.encode()


def test_a_killed_load_leaves_the_old_case_and_nothing_without_an_expiry(
    store: Valkey, folder: Path
) -> None:
    """The replica dies between the parts of a case; another one goes on as if nothing was."""
    document = big_case(3000, "x" * 1000)
    with StoreProxy(store.port) as proxy, Replica(folder, store_url=proxy.url) as replica:
        session_id = replaying(replica, case(recorded(hop(), "old")))
        key = session_keys(ORG, session_id).session
        proxy.delay = 0.3

        def load_and_be_killed() -> None:
            with pytest.raises(OSError):  # noqa: PT011 (whatever a dead server gives)
                replica.post(f"/v1/sessions/{session_id}/load-case", document)

        loading = threading.Thread(target=load_and_be_killed)
        with redis.Redis(port=store.port) as client:
            loading.start()
            wait_until(lambda: client.keys(f"{key}:load:*"), "the first part of the case")
            assert replica.process
            replica.process.send_signal(signal.SIGKILL)
            loading.join()
            assert all(client.pttl(name) > 0 for name in client.scan_iter(f"{key}*"))
    with Replica(folder, store_url=store.url) as other:
        assert said(other, session_id, hop()) == "old"
        assert other.get(f"/v1/sessions/{session_id}").json()["sessionRevision"] == 3
        assert load(other, session_id, document).json()["traceCount"] == 3000
        assert said(other, session_id, hop(path="/2999")) == "x" * 1000


# What a replica asks of its own accord, and what asks how often it was asked.
UNASKED = ("info", "time", "zrange", "client", "hello")


def commands(store: Valkey) -> Counter[str]:
    """How often the store was asked each command, those within scripts included."""
    with redis.Redis(port=store.port) as client:
        stats = client.info("commandstats")
    return Counter(
        {name: held["calls"] for name, held in stats.items() if not name.endswith(UNASKED)}
    )


def test_a_hop_costs_the_same_whatever_the_size_of_the_case(store: Valkey, folder: Path) -> None:
    """A replica that is new to the session asks as often with 20 MB as with one recording."""
    with Replica(folder, store_url=store.url) as first:
        small, warm = (replaying(first, big_case(1, "x")) for _ in range(2))
        large = replaying(first, big_case(8000, "x" * 2400))
        assert said(first, warm, hop(path="/0")) == "x"
    costs = []
    for session_id in (small, large):
        with Replica(folder, store_url=store.url) as replica:
            before = commands(store)
            assert said(replica, session_id, hop(path="/0")) is not None
            costs.append(commands(store) - before)
    assert costs[0] == costs[1]
    assert costs[1]["cmdstat_evalsha"] == 1
