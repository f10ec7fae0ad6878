"""The pace: how long single answers take where a server is not busy."""

import select
import time
from collections import deque
from collections.abc import Iterator, Sequence

from bench.load import Connection

# Of the waits that are told.
MIDDLE, LATE = 0.50, 0.99


def _part(waits: Sequence[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))]


def _warm(port: int, requests: Iterator[bytes]) -> Connection:
    """A connection that has had an answer, so that no wait is for its being accepted."""
    connection = Connection(port, requests)
    connection.ask()
    while not connection.is_answered():
        pass
    return connection


def paced(
    port: int, requests: Iterator[bytes], rate: float, connections: int, seconds: float
) -> tuple[float, float]:
    """The p50 and p99 of the time to an answer, in seconds, at so many requests a second.

    Where all connections were busy a wait begins when its request was due, so that a slow answer is
    seen in those behind it too. Where the load itself was late, it begins when that sent it.
    """
    opened = [_warm(port, requests) for _ in range(connections)]
    free = deque(opened)
    by_number = {connection.socket.fileno(): connection for connection in opened}
    asked: dict[int, float] = {}
    waits: list[float] = []
    due = started = freed = time.perf_counter()
    while due - started < seconds or asked:
        while free and due - started < seconds and (now := time.perf_counter()) >= due:
            connection = free.popleft()
            asked[connection.socket.fileno()] = due if due < freed else now
            connection.ask()
            due += 1 / rate
        # Never a busy wait, which would keep the store on this core waiting for its turn; and
        # `select` sleeps for less than a millisecond, unlike `epoll`.
        is_over = due - started >= seconds
        pause = None if is_over or not free else max(0.0, due - time.perf_counter())
        for number in select.select(list(asked), (), (), pause)[0]:
            if by_number[number].is_answered():
                waits.append(time.perf_counter() - asked.pop(number))
                if not free:
                    freed = time.perf_counter()
                free.append(by_number[number])
    for connection in opened:
        connection.socket.close()
    return _part(waits, MIDDLE), _part(waits, LATE)
