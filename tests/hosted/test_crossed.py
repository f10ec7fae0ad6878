"""Nobody meets what is another's: unknown and foreign are one answer, byte for byte.

Foreign is what another organisation made, and to a ci key what its project did not.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api import otlp
from tests.hosted.crossing import Call, calls_about
from tests.hosted.operator import Operator, bearing
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

# What no call is about, or is about nobody's own.
OF_NOBODY = {"/health", "/ready", "/metrics", "/v1/meta", "/v1/schemas/{name}"}
# What is met as lists below.
LISTS = {"/v1/sessions", "/v1/captures"}
MARK = "hush-of-acme"


class Owned(NamedTuple):
    """What somebody has: an open capture and replay session, a closed one and a capture."""

    capture: str
    replay: str
    closed: str
    captured: str


class Somebody:
    """A caller with a key."""

    def __init__(self, replica: Replica, key: str) -> None:
        self._replica = replica
        self._key = key

    def call(self, call: Call) -> Response:
        """Make a call with the key."""
        fields = {"content-type": call.content_type, **bearing(self._key)}
        return self._replica.call(call.method, call.path, call.body, headers=fields)

    def get(self, path: str) -> Response:
        """Read something that has to be there."""
        answer = self.call(Call("GET", path))
        assert answer.status == 200, answer.body
        return answer

    def post(self, path: str, body: object) -> Response:
        """Do something that has to succeed."""
        answer = self.call(Call("POST", path, body))
        assert answer.status in (200, 201), answer.body
        return answer

    def create(self, mode: str) -> str:
        """Open a session."""
        session_id: str = self.post("/v1/sessions", {"mode": mode}).json()["sessionId"]
        return session_id

    def settle(self) -> Owned:
        """Come to own something of each kind, with a word of one's own in all of it."""
        owned = Owned(*map(self.create, ("capture", "replay", "replay", "capture")))
        rule = {"id": MARK, "when": {"path": "/"}, "then": otlp.mock({}, body=MARK)["then"]}
        self.post(f"/v1/sessions/{owned.replay}/rules", {"rules": [rule]})
        for session_id in (owned.capture, owned.captured):
            span = otlp.observed(session_id, otlp.hop(path=f"/{MARK}"))
            body = otlp.encoded(payloads.traces(span), otlp.JSON)
            assert self.call(Call("POST", "/v1/traces", body)).status == 200
        for session_id in (owned.closed, owned.captured):
            self.post(f"/v1/sessions/{session_id}/close", {})
        return owned

    def state(self, owned: Owned) -> list[bytes]:
        """What is left of what one owns."""
        paths = [f"/v1/sessions/{owned.capture}", f"/v1/sessions/{owned.replay}"]
        paths += [f"/v1/sessions/{owned.replay}/rules", f"/v1/captures/{owned.captured}"]
        return [self.get(path).body for path in [*paths, "/v1/sessions", "/v1/captures"]]


@pytest.fixture(scope="module")
def people(pair: list[Replica], operator: Operator) -> Mapping[str, Somebody]:
    """Callers of two organisations, each on the replica that others are not on, too."""
    for org in ("acme", "other"):
        operator.org(org)
    keys = {
        "acme": operator.key("acme"),
        "acme's web": operator.key("acme", "ci", "web"),
        "acme's app": operator.key("acme", "ci", "app"),
        "other": operator.key("other"),
        "other's test": operator.key("other", "test"),
        "other's web": operator.key("other", "ci", "web"),
    }
    return {name: Somebody(pair[at % 2], key) for at, (name, key) in enumerate(keys.items())}


@pytest.fixture(scope="module")
def owned(people: Mapping[str, Somebody]) -> Mapping[str, Owned]:
    """What each of them has."""
    return {name: somebody.settle() for name, somebody in people.items()}


# Who asks, and whose it is.
FOREIGN = [
    ("other", "acme"),
    ("other", "acme's web"),
    ("other's test", "acme"),
    ("other's web", "acme"),
    ("other's web", "acme's web"),
    ("acme's app", "acme's web"),
    ("acme's app", "acme"),
]


def _plain(answer: Response, session_id: str) -> tuple[int, Mapping[str, str], bytes]:
    """An answer without the id that was asked for and that of the request."""
    headers = {name: text for name, text in answer.headers.items() if name != "x-request-id"}
    return answer.status, headers, answer.body.replace(session_id.encode(), b"ID")


@pytest.mark.parametrize(("who", "whose"), FOREIGN, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("kind", Owned._fields)
def test_what_is_foreign_is_as_what_never_was(
    people: Mapping[str, Somebody],
    owned: Mapping[str, Owned],
    who: str,
    whose: str,
    kind: str,
) -> None:
    """Every call about it, with good bodies and bad ones, and it stays as it was."""
    before = people[whose].state(owned[whose])
    foreign, unknown = getattr(owned[whose], kind), otlp.UNKNOWN_SESSION
    for call, control in zip(calls_about(foreign), calls_about(unknown), strict=True):
        met = people[who].call(call)
        assert _plain(met, foreign) == _plain(people[who].call(control), unknown), call
        assert met.status >= 400 or b'"partialSuccess"' in met.body, call
        assert MARK.encode() not in met.body
    assert people[whose].state(owned[whose]) == before


@pytest.mark.parametrize("who", ["acme", "acme's web"])
def test_the_owner_meets_it(
    people: Mapping[str, Somebody], owned: Mapping[str, Owned], who: str
) -> None:
    """So that the calls above are refused for whose they are, and for nothing else."""
    mine = people[who].settle()
    answers = [people[who].call(call) for call in calls_about(mine.replay)]
    assert {answer.status for answer in answers} >= {200, 400}
    again = people[who].call(Call("POST", f"/v1/sessions/{mine.closed}/close"))
    assert (again.status, again.json()["error"]) == (409, "session_closed")
    assert MARK.encode() in people[who].get(f"/v1/captures/{mine.captured}").body
    for whose in ("acme's web", "acme's app") if who == "acme" else ():
        people[who].get(f"/v1/sessions/{owned[whose].replay}")
        people[who].get(f"/v1/captures/{owned[whose].captured}")


def _ids(somebody: Somebody, kind: str) -> set[str]:
    """All that a list holds, page by page."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = somebody.get(f"/v1/{kind}?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        found += re.findall(r"sess_[0-9A-Z]{26}", json.dumps(page[kind]))
        cursor = page["nextCursor"]
    return set(found)


def test_lists_show_ones_own_alone(
    people: Mapping[str, Somebody], owned: Mapping[str, Owned]
) -> None:
    """An organisation's all, a ci key's those of its project."""
    everyone = {name: _ids(somebody, "sessions") for name, somebody in people.items()}
    captures = {name: _ids(somebody, "captures") for name, somebody in people.items()}
    for name, mine in owned.items():
        for other, theirs in owned.items():
            is_same_org = name.split("'")[0] == other.split("'")[0]
            is_seen = name == other or (is_same_org and not name.endswith(("web", "app")))
            assert ({theirs.capture, theirs.replay} <= everyone[name]) == is_seen, (name, other)
            assert (theirs.captured in captures[name]) == is_seen, (name, other)
        assert mine.closed not in everyone[name]


@pytest.mark.parametrize(("who", "whose"), FOREIGN, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("kind", ["sessions", "captures"])
@pytest.mark.usefixtures("owned")
def test_a_cursor_goes_on_with_its_own_list_alone(
    people: Mapping[str, Somebody], kind: str, who: str, whose: str
) -> None:
    """Another's is refused as what no page ever gave."""
    people[whose].settle()
    cursor = people[whose].get(f"/v1/{kind}?limit=1").json()["nextCursor"]
    assert cursor
    met = people[who].call(Call("GET", f"/v1/{kind}?cursor={cursor}"))
    made_up = people[who].call(Call("GET", f"/v1/{kind}?cursor={'A' * len(cursor)}"))
    assert met.status == 400
    assert _plain(met, "-") == _plain(made_up, "-")


def test_no_call_of_the_api_is_left_out(pair: list[Replica]) -> None:
    """What the description lists is crossed, listed, or about nobody."""
    described = set(pair[0].get("/openapi.json").json()["paths"])
    crossed = {
        call.path.replace("SID", "{session_id}").replace("captures/{session", "captures/{capture")
        for call in calls_about("SID")
    }
    assert described - crossed - LISTS - {"/v1/usage"} == OF_NOBODY


def test_what_is_used_is_ones_own_organisations(people: Mapping[str, Somebody]) -> None:
    """The same for all of it, and nothing of it changes by what another one does."""

    def used(name: str) -> tuple[str, list[int]]:
        answer = people[name].get("/v1/usage").json()
        return answer["org"], [quota["used"] for quota in answer["quotas"]][1:3]

    before = {name: used(name) for name in people}
    assert before["acme"] == before["acme's web"]
    people["other"].create("replay")
    assert used("acme") == before["acme"]
    org, counts = before["other's test"]
    assert used("other's test") == (org, [count + 1 for count in counts])


def test_captures_of_organisations_lie_apart(
    house: Path, people: Mapping[str, Somebody], owned: Mapping[str, Owned]
) -> None:
    """In a folder of each one's own."""
    for name, mine in owned.items():
        org = name.split("'")[0]
        lines = people[name].get("/v1/captures").json()["captures"]
        paths = {line["captureId"]: line["casePath"] for line in lines}
        assert paths[mine.captured] == str(house / "cases" / org / f"{mine.captured}.case.json")


def test_each_log_line_names_the_organisation_that_called(
    pair: list[Replica], owned: Mapping[str, Owned]
) -> None:
    """A session's own lines name its own, or whoever asked for it in vain."""
    owners = {sid: name.split("'")[0] for name, mine in owned.items() for sid in mine}
    for replica in pair:
        texts = replica.log.read_text().splitlines()
        lines = [json.loads(text) for text in texts if text.startswith("{")]
        created = [line for line in lines if line.get("status") == 201]
        written = [line for line in lines if line["event"] == "capture written"]
        mine = [line for line in created + written if line["sp.session.id"] in owners]
        assert len(mine) >= len(Owned._fields)
        assert [line for line in mine if line["org"] != owners[line["sp.session.id"]]] == []
        assert all(line["key"].startswith("key_") for line in created)


def test_a_ci_key_sees_its_sessions_on_the_data_plane(
    people: Mapping[str, Somebody], owned: Mapping[str, Owned]
) -> None:
    """A hop is answered, and one of its organisation's live key too."""
    question = otlp.question(owned["acme's web"].replay, otlp.hop())
    body = otlp.encoded(question, otlp.JSON)
    for who in ("acme's web", "acme"):
        answer = people[who].call(Call("POST", "/v1/inject", body))
        assert answer.status == 200
        assert MARK.encode() in otlp.body_of(otlp.hit(answer))
