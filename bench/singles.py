"""Single calls that are long: how much time each takes, and how long others wait meanwhile."""

import json
import time
from collections.abc import Callable, Iterator
from statistics import median

from bench import servers, traffic
from bench.variants import session
from bench.waits import worst_wait

TIMES = 5
SPANS = 50_000
SPANS_A_CALL = 5_000
MANY_RULES = 10_000


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _cycle(port: int) -> None:
    session_id = session(port, "capture")
    servers.post(port, f"/v1/sessions/{session_id}/rules", traffic.rules(1))
    servers.post(port, f"/v1/sessions/{session_id}/close", b"")


def _posting(port: int, count: int) -> Callable[[], object]:
    session_id = session(port, "replay")
    rules = json.dumps(traffic.rules(count)).encode()
    return lambda: servers.post(port, f"/v1/sessions/{session_id}/rules", rules)


def _closing(port: int) -> Callable[[], object]:
    """A close of a capture that has its spans already."""
    session_id = session(port, "capture")
    for start in range(0, SPANS, SPANS_A_CALL):
        body = traffic.observed(session_id, SPANS_A_CALL, start)
        servers.send(port, "/v1/traces", body)
    return lambda: servers.post(port, f"/v1/sessions/{session_id}/close", b"")


def times(port: int) -> Iterator[tuple[str, float]]:
    """The median time of each, in seconds."""
    yield "create, rules and close", median(_seconds(lambda: _cycle(port)) for _ in range(50))
    for count in (1_000, MANY_RULES):
        seconds = median(_seconds(_posting(port, count)) for _ in range(TIMES))
        yield f"posting {count:,} rules", seconds
    yield f"closing {SPANS:,} spans", median(_seconds(_closing(port)) for _ in range(3))


def _waits(port: int, rules: bytes) -> tuple[float, float]:
    """The longest wait while rules are posted, and while the first hop is decided by them."""
    session_id = session(port, "replay")
    question = traffic.inject(session_id)
    path = f"/v1/sessions/{session_id}/rules"
    posting = worst_wait(port, lambda: servers.post(port, path, rules))
    return posting, worst_wait(port, lambda: servers.send(port, "/v1/inject", question))


def waits(port: int) -> Iterator[tuple[str, float]]:
    """The longest wait of a paced prober beside each, in seconds; the median of some tries."""
    rules = json.dumps(traffic.rules(MANY_RULES)).encode()
    posts, hops = zip(*(_waits(port, rules) for _ in range(TIMES)), strict=True)
    yield "idle", median(worst_wait(port, lambda: time.sleep(1)) for _ in range(TIMES))
    yield f"posting {MANY_RULES:,} rules", median(posts)
    yield "the first inject after them", median(hops)
