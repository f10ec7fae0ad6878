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
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from statistics import median

from app.store.api_keys import KeyStore
from app.store.connection import connect
from app.store.organisations import OrgStore
from bench import servers, traffic
from bench.load import saturate
from bench.pace import paced

ORGS = 1000
# What the others ask for together, as a part of what a replica can do.
CALM_SHARE = 0.1
FLOODING = 256
# How long a flood goes on before it is measured, in seconds.
SETTLING_SECONDS = 2.0


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


def _flood(port: int, request: bytes, seconds: float, started: Event) -> None:
    """Keep calls under way; behind who measures, where both want the processor."""
    os.nice(10)
    started.set()
    saturate(port, traffic.the_same(request), FLOODING, seconds)


@contextlib.contextmanager
def _flooded(port: int, request: bytes, seconds: float) -> Iterator[None]:
    """While another process floods a replica, for so many seconds at most."""
    spawned = get_context("spawn")
    started = spawned.Event()
    flood = spawned.Process(target=_flood, args=(port, request, seconds, started))
    flood.start()
    started.wait()
    time.sleep(SETTLING_SECONDS)
    try:
        yield
        if not flood.is_alive():
            raise RuntimeError("the flood ended too soon")
    finally:
        flood.terminate()
        flood.join()


def _print_fairness(port: int, keys: list[str], rate: float, wanted: argparse.Namespace) -> None:
    """What the others wait, by themselves and beside one that floods."""
    first, *calm = [_request(port, key) for key in keys]
    seconds = wanted.seconds * 3

    def late() -> float:
        calls = iter(lambda: random.choice(calm), None)
        return paced(port, calls, rate, wanted.callers, seconds)[1]

    alone, beside = [], []
    late()
    for _ in range(wanted.rounds):
        alone.append(late())
        with _flooded(port, first, seconds * 4 + SETTLING_SECONDS + 5):
            # What a replica forgets of callers that are silent is no part of the measurement.
            late()
            beside.append(late())
    by_themselves, flooded = median(alone), median(beside)
    print(f"{len(calm):,} organisations at {rate:,.0f} calls/s together, p99 of a hop")
    print(f"by themselves                            {by_themselves * 1000:>8.1f} ms")
    print(f"while another keeps {FLOODING} calls under way    {flooded * 1000:>8.1f} ms")
    print(f"factor {flooded / by_themselves:.1f}")


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
    parser.add_argument("--callers", type=int, default=64, help="connections of the others")
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
