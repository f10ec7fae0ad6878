"""Waits: how long a paced prober waits at worst while a replica works on something large."""

import http.client
import threading
import time
from collections.abc import Callable

PACE_SECONDS = 0.002


class Prober(threading.Thread):
    """Asks a replica for its health again and again.

    worst: the longest wait for an answer so far, in seconds.
    """

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._ended = threading.Event()
        self.worst = 0.0

    def run(self) -> None:
        """Ask until it is stopped."""
        while not self._ended.wait(PACE_SECONDS):
            started = time.perf_counter()
            self._connection.request("GET", "/health")
            self._connection.getresponse().read()
            self.worst = max(self.worst, time.perf_counter() - started)

    def stop(self) -> float:
        """End; gives the longest wait in seconds."""
        self._ended.set()
        self.join()
        self._connection.close()
        return self.worst


def worst_wait(port: int, call: Callable[[], object]) -> float:
    """The longest wait beside a call, in seconds."""
    prober = Prober(port)
    prober.start()
    call()
    return prober.stop()
