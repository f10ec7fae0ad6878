"""`python -m bench.hosted`: what keys cost a hop, and what one that floods costs the others.

Two replicas run side by side on one store, one with keys and one without, and are measured in turn.
Then callers of many organisations ask at a steady pace, once by themselves and once while one
organisation floods the replica with as many calls at once as it has connections for.
"""

import argparse
import asyncio
import contextlib
import os
import random
import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Self

from app.store.api_keys import KeyStore
from app.store.connection import connect
from app.store.organisations import OrgStore
from bench import servers, traffic
from bench.load import saturate

ORGS = 1000
# What the others ask for together, as a part of what a replica can do.
CALM_SHARE = 0.1
FLOODING = 256


async def _make_orgs(url: str, count: int) -> list[str]:
    client = connect(url)
    try:
        orgs, keys = OrgStore(client), KeyStore(client)
        made = []
        for number in range(count):
            await orgs.create(f"org-{number}", "enterprise", {})
            made.append((await keys.create(f"org-{number}", "live")).key)
        return made
    finally:
        await client.aclose()


def _headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def _request(port: int, key: str) -> bytes:
    """The question about a hop that one rule answers, in a session of the key's organisation."""
    headers = _headers(key)
    session_id = servers.post(port, "/v1/sessions", {"mode": "replay"}, headers)["sessionId"]
    servers.post(port, f"/v1/sessions/{session_id}/rules", traffic.rules(1), headers)
    return traffic.http_request("/v1/inject", traffic.inject(session_id), headers=headers)


def _print_cost(plain: int, keyed: int, key: str, wanted: argparse.Namespace) -> float:
    """How many hops a second with keys, beside without; gives the first."""
    requests = [_request(plain, ""), _request(keyed, key)]
    ratios: list[float] = []
    rates: list[list[float]] = []
    for _ in range(wanted.rounds):
        pair = [
            saturate(port, traffic.the_same(request), wanted.connections, wanted.seconds)
            for port, request in zip((plain, keyed), requests, strict=True)
        ]
        rates.append(pair)
        ratios.append(pair[1] / pair[0])
    without, with_keys = (median(column) for column in zip(*rates, strict=True))
    print(f"inject without keys {without:>10,.0f} /s")
    print(f"inject with keys    {with_keys:>10,.0f} /s")
    print(f"share {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})\n")
    return float(with_keys)


class _Caller:
    """A connection on which whole requests are answered one after another."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def opened(self) -> Self:
        """Itself, connected."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, request: bytes) -> float:
        """How long the answer took, in seconds."""
        started = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length or 0))
        return time.perf_counter() - started

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def _flood(port: int, request: bytes) -> None:
    caller = await _Caller(port).opened()
    try:
        while True:
            await caller.ask(request)
    finally:
        caller.close()


async def _calm(port: int, requests: list[bytes], rate: float, seconds: float) -> list[float]:
    """How long calls of the organisations take that ask at a steady pace, in seconds."""
    loop = asyncio.get_running_loop()
    idle: list[_Caller] = []
    waits: list[float] = []
    asking: set[asyncio.Task[None]] = set()

    async def ask_once() -> None:
        caller = idle.pop() if idle else await _Caller(port).opened()
        waits.append(await caller.ask(random.choice(requests)))
        idle.append(caller)

    ends = loop.time() + seconds
    while loop.time() < ends:
        task = asyncio.create_task(ask_once())
        asking.add(task)
        task.add_done_callback(asking.discard)
        await asyncio.sleep(1 / rate)
    await asyncio.gather(*asking)
    for caller in idle:
        caller.close()
    return waits


async def _p99(
    port: int, calm: list[bytes], floods: list[bytes], rate: float, seconds: float
) -> float:
    """The others' p99 in seconds, while each of the floods has a call under way all the time."""
    flooding = [asyncio.create_task(_flood(port, request)) for request in floods]
    await asyncio.sleep(0.5)
    waits = await _calm(port, calm, rate, seconds)
    for task in flooding:
        task.cancel()
    await asyncio.gather(*flooding, return_exceptions=True)
    return quantiles(waits, n=100)[98]


def _print_fairness(port: int, keys: list[str], rate: float, wanted: argparse.Namespace) -> None:
    """What the others wait, by themselves and beside one that floods."""
    first, *calm = [_request(port, key) for key in keys]
    seconds = wanted.seconds * 3
    alone, beside = (
        median(asyncio.run(_p99(port, calm, floods, rate, seconds)) for _ in range(wanted.rounds))
        for floods in ([], [first] * FLOODING)
    )
    print(f"{len(calm):,} organisations at {rate:,.0f} calls/s together, p99 of a hop")
    print(f"by themselves                            {alone * 1000:>8.1f} ms")
    print(f"while another keeps {FLOODING} calls under way    {beside * 1000:>8.1f} ms")
    print(f"factor {beside / alone:.1f}")


@contextlib.contextmanager
def _replicas(concurrency: int) -> Iterator[tuple[str, int, int]]:
    """A store's URL, and the ports of a replica without and one with keys."""
    keyed = {
        "auth": "keys",
        "capture_case_path": "cases/{org}/{sessionId}.case.json",
        "org_concurrency": str(concurrency),
    }
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(servers.store()).store_url
        plain = stack.enter_context(servers.runtime(url))
        with_keys = stack.enter_context(servers.runtime(url, **keyed))
        yield url, plain.port, with_keys.port


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.hosted", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--orgs", type=int, default=ORGS)
    parser.add_argument("--concurrency", type=int, default=16, help="SOFTPROBE_ORG_CONCURRENCY")
    wanted = parser.parse_args()
    servers.pin(os.getpid(), servers.cores()[1])
    with _replicas(wanted.concurrency) as (url, plain, keyed):
        keys = asyncio.run(_make_orgs(url, wanted.orgs))
        rate = CALM_SHARE * _print_cost(plain, keyed, keys[0], wanted)
        _print_fairness(keyed, keys, rate, wanted)


if __name__ == "__main__":
    main()
