"""`make bench`: what share of the floor's requests per second each call of the data plane reaches.

All servers run side by side and are measured in turn, round after round, so that a noisy machine
is noisy to all of them alike: the ratios mean something, the absolute figures little.
"""

import argparse
import contextlib
import os
from collections.abc import Sequence
from statistics import median

from bench import report, servers, singles, variants
from bench.load import saturate
from bench.pace import paced
from bench.report import Measured, Row
from bench.servers import Server
from bench.variants import Variant

# The pace is this share of what the floor can do.
PACE = 1 / 3
# In how many pieces a paced round is measured.
PIECES_A_ROUND = 4


Pairs = list[tuple[str, str]]


def _once(variant: Variant, store: Server, measured: Measured, wanted: argparse.Namespace) -> None:
    processes = (variant.server, store)
    before = [process.cpu_seconds() for process in processes]
    rate = saturate(variant.server.port, variant.requests, wanted.connections, wanted.seconds)
    requests = max(1.0, rate * wanted.seconds)
    measured.rates.append(rate)
    for process, start, costs in zip(
        processes, before, (measured.cpu, measured.store_cpu), strict=True
    ):
        costs.append((process.cpu_seconds() - start) / requests)


def _measure(every: Sequence[Variant], store: Server, wanted: argparse.Namespace) -> list[Measured]:
    """All variants, round after round."""
    for variant in every:
        saturate(variant.server.port, variant.requests, wanted.connections, 0.2)
    measured = [Measured(variant.name, [], [], []) for variant in every]
    for _ in range(wanted.rounds):
        for variant, result in zip(every, measured, strict=True):
            _once(variant, store, result, wanted)
    return measured


def _paced(floor: Variant, inject: Variant, rate: float, wanted: argparse.Namespace) -> Pairs:
    """Both in turn, in pieces so short that a stall of the machine spoils few of them."""
    waits: dict[str, list[tuple[float, float]]] = {floor.name: [], inject.name: []}
    for _ in range(PIECES_A_ROUND * wanted.rounds):
        for variant in (floor, inject):
            port, seconds = variant.server.port, wanted.seconds / PIECES_A_ROUND
            waited = paced(port, variant.requests, rate, wanted.connections, seconds)
            waits[variant.name].append(waited)
    told, late = [], []
    for name, pieces in waits.items():
        p50, p99 = (median(column) for column in zip(*pieces, strict=True))
        figures = f"p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms"
        told.append((f"{name}, {rate:,.0f} requests/s", figures))
        late.append(p99)
    return [*told, ("p99 of inject beside the floor's", f"{late[1] / late[0]:.2f} times")]


def _others(
    floor: Variant, inject: Variant, rows: Sequence[Row], wanted: argparse.Namespace
) -> list[tuple[str, Pairs]]:
    port = inject.server.port
    paces = _paced(floor, inject, rows[0].rate * PACE, wanted)
    spent = [(name, f"{seconds * 1e3:.1f} ms") for name, seconds in singles.times(port)]
    waits = [(name, f"{seconds * 1e3:.0f} ms") for name, seconds in singles.waits(port)]
    memory = f"{inject.server.memory_bytes() / 2**20:.0f} MiB"
    return [
        ("paced at a third of the floor's rate", paces),
        ("a single call", spent),
        ("longest wait of others beside a long call", waits),
        ("a replica's memory after all of it", [("resident", memory)]),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each variant in a round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--write", action="store_true", help="the figures into docs/performance.md")
    return parser.parse_args()


def _how(wanted: argparse.Namespace) -> str:
    core, others = servers.cores()
    command = f"`python -m bench --rounds {wanted.rounds} --seconds {wanted.seconds:g}`"
    return (
        f"{command}, {wanted.connections} connections; server on core {core or '?'}, load and "
        f"store on {others or '?'}"
    )


def _run(stack: contextlib.ExitStack, wanted: argparse.Namespace) -> str:
    store = stack.enter_context(servers.store())
    floor = stack.enter_context(servers.floor())
    runtime = stack.enter_context(servers.runtime(store.store_url))
    every = [variants.floor(floor), *variants.variants(runtime)]
    measured = _measure(every, store, wanted)
    rows = [report.row(each, measured[0]) for each in measured]
    others = _others(every[0], every[1], rows, wanted)
    return report.markdown(rows, others, _how(wanted))


def main() -> None:
    """Measure and print."""
    wanted = _arguments()
    servers.pin(os.getpid(), servers.cores()[1])
    with contextlib.ExitStack() as stack:
        text = _run(stack, wanted)
    print(text)
    if wanted.write:
        report.write(text)


if __name__ == "__main__":
    main()
