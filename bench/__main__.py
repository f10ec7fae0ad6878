"""`make bench`: what share of the floor's requests per second each call of the data plane reaches.

All servers run side by side and are measured in turn, round after round, so that a noisy machine
is noisy to all of them alike: the ratios mean something, the absolute figures little.
"""

import argparse
import contextlib
import os
import platform
from collections.abc import Iterator
from importlib.metadata import version
from statistics import median
from typing import NamedTuple

from bench import servers, traffic
from bench.load import saturate

RULE_COUNTS = (1, 100, 1_000)
BODY_BYTES = 2_000
FLOOR = "floor: uvicorn, bare ASGI, constant answer"


class Variant(NamedTuple):
    """Something that is measured."""

    name: str
    port: int
    requests: Iterator[bytes]


def _session(port: int, mode: str) -> str:
    session_id: str = servers.post(port, "/v1/sessions", {"mode": mode})["sessionId"]
    return session_id


def _inject(port: int, rule_count: int) -> Variant:
    session_id = _session(port, "replay")
    servers.post(port, f"/v1/sessions/{session_id}/rules", traffic.rules(rule_count))
    request = traffic.http_request("/v1/inject", traffic.inject(session_id))
    return Variant(f"inject, protobuf, rules: {rule_count:,}", port, traffic.the_same(request))


def _traces(port: int) -> Variant:
    payload = traffic.extract(_session(port, "capture"), BODY_BYTES)
    requests = traffic.with_fresh_span_ids(traffic.http_request("/v1/traces", payload))
    return Variant(f"traces, protobuf, body of {BODY_BYTES:,} bytes", port, requests)


def _variants(floor_port: int, runtime_port: int) -> list[Variant]:
    constant = traffic.the_same(traffic.http_request("/", traffic.inject("sess_floor")))
    injects = [_inject(runtime_port, count) for count in RULE_COUNTS]
    return [Variant(FLOOR, floor_port, constant), *injects, _traces(runtime_port)]


def _measure(
    variants: list[Variant], rounds: int, seconds: float, connections: int
) -> list[list[float]]:
    """Requests per second of each variant in each round."""
    measured: list[list[float]] = [[] for _ in variants]
    for _ in range(rounds):
        for rates, (_, port, requests) in zip(measured, variants, strict=True):
            rates.append(saturate(port, requests, connections, seconds))
    return measured


def _print_table(variants: list[Variant], measured: list[list[float]]) -> None:
    print(f"{'variant':<46}{'share of the floor':>20}{'lowest to highest':>22}{'req/s':>10}")
    for (name, *_), rates in zip(variants, measured, strict=True):
        shares = [rate / floor for rate, floor in zip(rates, measured[0], strict=True)]
        spread = f"{min(shares):.2f} to {max(shares):.2f}"
        print(f"{name:<46}{median(shares):>20.2f}{spread:>22}{median(rates):>10,.0f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each variant in a round")
    parser.add_argument("--connections", type=int, default=16)
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    wanted = _arguments()
    core, others = servers.cores()
    servers.pin(os.getpid(), others)
    print(
        f"softprobe-runtime {version('softprobe-runtime')}, Python {platform.python_version()}, "
        f"uvicorn {version('uvicorn')}; servers on core {core or '?'}, load and store on "
        f"{others or '?'}; {wanted.connections} connections, {wanted.rounds} rounds of "
        f"{wanted.seconds} s\n"
    )
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(server()) for server in (servers.floor, servers.runtime)]
        variants = _variants(*ports)
        _measure(variants, 1, 0.2, wanted.connections)
        _print_table(
            variants, _measure(variants, wanted.rounds, wanted.seconds, wanted.connections)
        )


if __name__ == "__main__":
    main()
