"""Callers that leave: an answer belongs to the question that was asked, whoever else has left."""

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import redis

from app.store.connection import CONNECTIONS
from tests.api import otlp
from tests.api.otlp import JSON, hop, mock, mocked, observed
from tests.proxy import StoreProxy
from tests.servers import Replica, Valkey, wait_until
from tests.unit.otlp import payloads

CALLS = 150
OTLP_JSON = {"content-type": JSON.content_type}


class Scene(NamedTuple):
    """A replica over a late store, and two sessions whose rules answer A and B."""

    replica: Replica
    store: Valkey
    proxy: StoreProxy
    a: str
    b: str


@pytest.fixture(scope="module")
def late(store: Valkey, place: Path) -> Iterator[tuple[StoreProxy, Replica]]:
    """A replica that reaches its store by way of a proxy."""
    with StoreProxy(store.port) as proxy, Replica(place, store_url=proxy.url) as replica:
        yield proxy, replica


@pytest.fixture
def scene(store: Valkey, late: tuple[StoreProxy, Replica]) -> Scene:
    """Everything at hand; the store is still quick."""
    proxy, replica = late
    a, b = (mocked(replica, mock({}, body=name)) for name in "AB")
    return Scene(replica, store, proxy, a, b)


def _request(scene: Scene, number: int) -> tuple[str, str, bytes]:
    """One of the calls for A: inject, state or upload."""
    if number % 3 == 0:
        return "POST", "/v1/inject", otlp.encoded(otlp.question(scene.a, hop()), JSON)
    if number % 3 == 1:
        return "GET", f"/v1/sessions/{scene.a}", b""
    return "POST", "/v1/traces", otlp.encoded(payloads.traces(observed(scene.a)), JSON)


async def _call_and_leave(client: httpx.AsyncClient, scene: Scene, number: int) -> None:
    """Call for A and be gone after 1 to 60 ms."""
    method, path, body = _request(scene, number)
    patience = random.Random(number).uniform(0.001, 0.06)
    call = client.request(method, path, content=body, headers=OTLP_JSON)
    try:
        await asyncio.wait_for(call, patience)
    except (TimeoutError, httpx.HTTPError):
        return


async def _ask_b(client: httpx.AsyncClient, scene: Scene) -> None:
    """Every answer for B is B's."""
    question = otlp.encoded(otlp.question(scene.b, hop()), JSON)
    answer = await client.post("/v1/inject", content=question, headers=OTLP_JSON)
    assert answer.status_code == 200
    assert otlp.read_json_attributes(answer.json())["http.response.body"] == "B"
    state = (await client.get(f"/v1/sessions/{scene.b}")).json()
    assert (state["sessionId"], state["sessionRevision"]) == (scene.b, 2)


async def _storm(scene: Scene) -> int:
    """All the calls for A, some at a time, and calls for B all the while; how many of those."""
    limits = httpx.Limits(max_connections=None)
    asked = 0
    async with httpx.AsyncClient(base_url=scene.replica.base, limits=limits, timeout=20) as client:
        leaving = [
            asyncio.create_task(_call_and_leave(client, scene, number)) for number in range(CALLS)
        ]
        while not all(task.done() for task in leaving):
            await _ask_b(client, scene)
            asked += 1
        await asyncio.gather(*leaving)
    return asked


def _lines(scene: Scene, session_id: str, route: str) -> list[dict[str, Any]]:
    """The log lines of a session's calls on a route."""
    text = scene.replica.log.read_text().splitlines()
    lines = [json.loads(line) for line in text if line.startswith("{")]
    return [
        line
        for line in lines
        if line.get("sp.session.id") == session_id and line.get("route") == route
    ]


async def test_callers_that_leave_disturb_nobody_elses_answers(scene: Scene) -> None:
    """And counts are exact, revisions stand, and no connection to the store leaks."""
    scene.proxy.delay = 0.05
    asked = await _storm(scene)
    assert asked > 0
    scene.proxy.delay = 0.0
    assert otlp.stats(scene.replica, scene.b)["injectedSpans"] == asked
    wait_until(lambda: _is_settled(scene), "the abandoned calls to end")
    for session_id in (scene.a, scene.b):
        state = scene.replica.get(f"/v1/sessions/{session_id}").json()
        assert (state["sessionId"], state["sessionRevision"]) == (session_id, 2)
    assert scene.proxy.connections <= CONNECTIONS
    with redis.Redis(port=scene.store.port) as client:
        assert len(client.client_list()) <= CONNECTIONS + 1


def _is_settled(scene: Scene) -> bool:
    """Whether A's counters are those of the calls that arrived."""
    counted = otlp.stats(scene.replica, scene.a)
    injected = [line for line in _lines(scene, scene.a, "/v1/inject") if line["status"] == 200]
    uploaded = [line for line in _lines(scene, scene.a, "/v1/traces") if line["status"] == 200]
    return (counted["injectedSpans"], counted["extractedSpans"]) == (len(injected), len(uploaded))


async def test_a_call_that_is_given_up_leaves_its_reply_to_nobody(scene: Scene) -> None:
    """The store is so late that calls of the data plane end within a reply: 503, then all right."""
    scene.proxy.delay = 1.2
    question = otlp.encoded(otlp.question(scene.a, hop()), JSON)
    async with httpx.AsyncClient(base_url=scene.replica.base, timeout=20) as client:
        late = await asyncio.gather(
            *(client.post("/v1/inject", content=question, headers=OTLP_JSON) for _ in range(10))
        )
        assert {answer.status_code for answer in late} == {503}
        scene.proxy.delay = 0.0
        for _ in range(20):
            await _ask_b(client, scene)
    assert scene.proxy.connections <= CONNECTIONS
