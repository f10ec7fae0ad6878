"""The story: capture, end the upstream, replay, compare."""

import json
from pathlib import Path

from demo.calls import SESSION_HEADER, Call, Reply, Runtime, send
from demo.processes import StageError, wait_for
from demo.screen import DIM, Screen
from demo.stage import Stage

CALLS = (
    Call("a list", "GET", "/products"),
    Call("JSON both ways", "POST", "/orders", {"product": 7, "quantity": 2}),
    Call("two cookies", "POST", "/login", {"user": "ada"}),
    Call("a picture", "GET", "/products/7"),
    Call("not there", "GET", "/products/99"),
)
NEVER_RECORDED = Call("never recorded", "GET", "/products/8")
# The app itself is asked again; only what it asked of its upstream comes from the case.
REPLAY_RULES = {"rules": [{"when": {"direction": "outbound"}, "then": {"action": "replay"}}]}
HOPS_PER_CALL = 2
STRICT_MISS = 599


def shown(path: Path) -> str:
    """A path as a person wants to read it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _content(reply: Reply) -> str:
    cookies = len(reply.header("set-cookie"))
    more = f" and {cookies} cookies" if cookies else ""
    return reply.header("content-type")[0] + more


class Story:
    """Told once, from capture to replay."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self._stage = stage
        self._screen = screen
        self._runtime = Runtime(stage.runtime)

    def _send(self, call: Call, session: str) -> Reply:
        return send(self._stage.inbound, call, {SESSION_HEADER: session})

    def _report(self, call: Call, reply: Reply, detail: str) -> None:
        said = f"{reply.status}  {len(reply.body):4} bytes  {detail:38}"
        took = self._screen.paint(f"{reply.milliseconds:6.1f} ms", DIM)
        self._screen.line(f"{call.method:4}  {call.path:14}{call.what}", said + took)

    def capture(self) -> tuple[Path, list[Reply]]:
        """Send the calls in a capture session; gives its case file and what was answered."""
        self._screen.act("Capture: the app calls its upstream, Envoy records both sides")
        session = self._runtime.create("capture")
        self._screen.line("session", session)
        replies = []
        for call in CALLS:
            reply = self._send(call, session)
            replies.append(reply)
            self._report(call, reply, _content(reply))
        hops = HOPS_PER_CALL * len(CALLS)
        recorded = lambda: self._runtime.stats(session)["extractedSpans"] == hops  # noqa: E731
        wait_for(recorded, f"{hops} recorded hops")
        closed = self._runtime.close(session)
        case = Path(closed["casePath"])
        self._screen.line(f"closed, with {closed['traceCount']} hops", shown(case))
        return case, replies

    def end_upstream(self) -> None:
        """Take away what the app depends on."""
        self._screen.act("The upstream is gone")
        self._stage.end_upstream()
        where = f"127.0.0.1:{self._stage.upstream}"
        self._screen.line("upstream ended", f"{where}: connection refused")

    def replay(self, case: Path, recorded: list[Reply]) -> None:
        """Send the same calls in a replay session. Raises StageError if an answer differs."""
        self._screen.act("Replay: the same calls, answered from the case")
        session = self._open_replay(case)
        differing = 0
        for call, before in zip(CALLS, recorded, strict=True):
            now = self._send(call, session)
            differences = now.differences(before)
            differing += bool(differences)
            self._report(call, now, self._verdict(differences))
        self._miss(session)
        if differing:
            raise StageError(f"{differing} of {len(CALLS)} answers differ from the recorded ones")

    def _open_replay(self, case: Path) -> str:
        session = self._runtime.create("replay")
        self._screen.line("session", session)
        document = json.loads(case.read_bytes())
        loaded = self._runtime.post(session, "load-case", document)
        self._screen.line("case loaded", f"{loaded['traceCount']} hops")
        self._runtime.post(session, "rules", REPLAY_RULES)
        self._screen.line("one rule", "replay what the app got from its upstream")
        self._runtime.post(session, "policy", {"externalHttp": "strict"})
        self._screen.line("policy", "strict: no other call may leave the app")
        return session

    def _verdict(self, differences: list[str]) -> str:
        if differences:
            return self._screen.bad(f"{'differs in ' + ' and '.join(differences):38}")
        return self._screen.good(f"{'same status, headers and bytes':38}")

    def _miss(self, session: str) -> None:
        """A call that no rule answers must not reach the network."""
        reply = self._send(NEVER_RECORDED, session)
        if reply.status != STRICT_MISS:
            raise StageError(f"a call that was never recorded got {reply.status}, no strict miss")
        self._report(NEVER_RECORDED, reply, "a strict miss: it never left the app")
        self._screen.line("its fingerprint", json.loads(reply.body)["requestFingerprint"])
        misses = self._runtime.stats(session)["strictMisses"]
        self._runtime.close(session)
        self._screen.line("closed", f"with {misses} strict miss")
