"""`make bench`: what share of the floor's requests per second each call of the data plane reaches.

All servers run side by side and are measured in turn, round after round, so that a noisy machine
is noisy to all of them alike: the ratios mean something, the absolute figures little.
"""

import argparse
import contextlib
import json
import os
import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from statistics import median
from typing import NamedTuple

from bench import servers, traffic
from bench.load import saturate
from bench.waits import worst_wait

RULE_COUNTS = (1, 100, 1_000, 10_000)
MANY_RULES = RULE_COUNTS[-1]
CASE_BYTES = 100 * 2**20
BODY_BYTES = 2_000
# How often a replica is given many rules while a prober watches.
POSTS = 5
FLOOR = "floor: uvicorn, bare ASGI, constant answer"


class Variant(NamedTuple):
    """Something that is measured."""

    name: str
    port: int
    requests: Iterator[bytes]


def _session(port: int, mode: str) -> str:
    session_id: str = servers.post(port, "/v1/sessions", {"mode": mode})["sessionId"]
    return session_id


def _post_rules(port: int, session_id: str, count: int) -> None:
    servers.post(port, f"/v1/sessions/{session_id}/rules", traffic.rules(count))


def _inject(port: int, rule_count: int, case_bytes: int = 0) -> Variant:
    session_id = _session(port, "replay")
    _post_rules(port, session_id, rule_count)
    if case_bytes:
        servers.post(port, f"/v1/sessions/{session_id}/load-case", traffic.case(case_bytes))
    request = traffic.http_request("/v1/inject", traffic.inject(session_id))
    name = f"inject, protobuf, rules: {rule_count:,}"
    if case_bytes:
        name += f", case: {case_bytes // 2**20} MiB"
    return Variant(name, port, traffic.the_same(request))


def _traces(port: int) -> Variant:
    payload = traffic.extract(_session(port, "capture"), BODY_BYTES)
    requests = traffic.with_fresh_span_ids(traffic.http_request("/v1/traces", payload))
    return Variant(f"traces, protobuf, body of {BODY_BYTES:,} bytes", port, requests)


def _variants(floor_port: int, runtime_port: int) -> list[Variant]:
    constant = traffic.the_same(traffic.http_request("/", traffic.inject("sess_floor")))
    injects = [_inject(runtime_port, count) for count in RULE_COUNTS]
    injects.append(_inject(runtime_port, MANY_RULES, CASE_BYTES))
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


def _print_cost(measured: list[list[float]]) -> None:
    """What the most rules with a case cost, beside one rule and no case."""
    one, most = measured[1], measured[len(RULE_COUNTS) + 1]
    ratio = median(few / many for few, many in zip(one, most, strict=True))
    print(f"\na decision with the most rules and the case costs {ratio:.2f} times one with 1 rule")


def _waits(port: int, rules: bytes) -> tuple[float, float]:
    """The longest wait while rules are posted, and while the first hop is decided by them."""
    session_id = _session(port, "replay")
    question = traffic.inject(session_id)
    path = f"/v1/sessions/{session_id}/rules"
    posting = worst_wait(port, lambda: servers.post(port, path, rules))
    return posting, worst_wait(port, lambda: servers.ask(port, question))


def _print_waits(port: int) -> None:
    """How long a prober waits at worst while many rules are posted, and for the first hop."""
    # Made before: it would hold up the prober itself.
    rules = json.dumps(traffic.rules(MANY_RULES)).encode()
    idle = [worst_wait(port, lambda: time.sleep(1)) for _ in range(POSTS)]
    posts, hops = zip(*(_waits(port, rules) for _ in range(POSTS)), strict=True)
    print(f"\nlongest wait of a paced prober (median of {POSTS}, and the longest of all)")
    for what, waits in (
        ("idle, for a second", idle),
        (f"posting {MANY_RULES:,} rules", posts),
        ("the first inject afterwards", hops),
    ):
        print(f"{what:<46}{median(waits) * 1000:>16.0f} ms{max(waits) * 1000:>9.0f} ms")


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
        measured = _measure(variants, wanted.rounds, wanted.seconds, wanted.connections)
        _print_table(variants, measured)
        _print_cost(measured)
        _print_waits(ports[1])


if __name__ == "__main__":
    main()
