"""Authentication by keys: who is let in, how long an answer of the store holds, who asks it."""

import asyncio
import contextlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from app.errors import ApiError
from app.http import key_check
from app.http.caller import Caller
from app.http.headers import notes
from app.http.key_check import HOLDS_SECONDS, NOBODY, RENEWED_SECONDS, STRANGERS, KeyCheck
from app.store.api_key import digest_of, new_key
from app.store.api_keys import KeyRecord
from app.store.faults import unavailable
from tests.unit.http.test_auth import scope


@dataclass
class Keys:
    """Records by digest; questions are counted, and answered when `open` is set."""

    records: dict[str, KeyRecord] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_away: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, kind: str = "live", project: str = "", org: str = "acme") -> str:
        """A key that works."""
        key = new_key(kind)
        digest = digest_of(key.encode())
        self.records[digest] = KeyRecord(digest, "key_1", org, kind, project, 1, 0)
        return key

    def revoke(self, key: str) -> None:
        """It works no more."""
        del self.records[digest_of(key.encode())]

    async def find(self, digest: str) -> KeyRecord | None:
        """As the store."""
        self.asked.append(digest)
        found = self.records.get(digest)
        await self.open.wait()
        if self.is_away:
            raise unavailable()
        return found


@dataclass
class Clock:
    """Seconds that a test sets."""

    now: float = 100.0

    def __call__(self) -> float:
        """The moment that was set."""
        return self.now


async def until(condition: Callable[[], bool], what: str) -> None:
    """Let others go on until something is so."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail(f"never: {what}")


@pytest.fixture
def keys() -> Keys:
    """A store that answers."""
    made = Keys()
    made.open.set()
    return made


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def check(keys: Keys, clock: Clock) -> KeyCheck:
    """What is tested."""
    return KeyCheck(keys, clock)


async def refusal(check: KeyCheck, **headers: str) -> ApiError:
    """Why a call is not let in."""
    with pytest.raises(ApiError) as refused:
        await check.admit(scope(**headers))
    return refused.value


async def test_a_key_says_whose_call_it_is(keys: Keys, check: KeyCheck) -> None:
    """As a bearer token or as the proxy's public key."""
    key = keys.add("ci", "web", org="acme")
    wanted = Caller("acme", "key_1", "ci", "web")
    assert await check.admit(scope(authorization=f"Bearer {key}")) == wanted
    assert await check.admit(scope(x_public_key=key)) == wanted
    assert await check.admit(scope(authorization="Bearer no", x_public_key=key)) == wanted


@pytest.mark.parametrize("shape", ["{}x", "x{}", "{} ", "sp_live_", "", "token", "{}\xff"])
async def test_anything_else_is_unauthorized(keys: Keys, check: KeyCheck, shape: str) -> None:
    """The answer names no key, and what has not a key's form is not even asked for."""
    key = keys.add()
    told = await refusal(check, x_public_key=shape.format(key))
    assert told.name == "unauthorized"
    assert told.headers == {"www-authenticate": "Bearer"}
    assert key not in told.message
    assert keys.asked == []


@pytest.mark.parametrize("beside", ["\xa0", "\x85", "\x0b"])
async def test_only_blanks_and_tabs_may_stand_beside_a_key(
    keys: Keys, check: KeyCheck, beside: str
) -> None:
    """What else passes for white space is no part of HTTP's."""
    key = keys.add()
    assert await check.admit(scope(authorization=f"Bearer  \t{key} \t"))
    assert (await refusal(check, authorization=f"Bearer {beside}{key}")).name == "unauthorized"


async def test_an_unknown_key_of_the_right_form_is_unauthorized(
    keys: Keys, check: KeyCheck
) -> None:
    """In the same words."""
    told = await refusal(check, x_public_key=new_key("live"))
    assert told.envelope() == (await refusal(check)).envelope()
    assert len(keys.asked) == 1


async def test_who_is_not_let_in_belongs_to_no_organisation(check: KeyCheck) -> None:
    """So that no log line says that an organisation made the call."""
    call = scope(x_public_key=new_key("live"))
    with pytest.raises(ApiError):
        await check.admit(call)
    assert notes(call).caller == NOBODY
    assert notes(call).org == ""


@pytest.mark.parametrize(("kind", "project"), [("readonly", ""), ("ci", "")])
async def test_a_key_of_a_kind_that_is_not_known_is_forbidden(
    keys: Keys, check: KeyCheck, kind: str, project: str
) -> None:
    """One of a later version, or one that is bound to nothing though it should be."""
    key = keys.add(kind, project)
    assert (await refusal(check, x_public_key=key)).name == "forbidden"
    assert check.known(key.encode()) is None


async def test_an_answer_holds_for_a_few_seconds(keys: Keys, check: KeyCheck, clock: Clock) -> None:
    """A revoked key works no longer than that, counted from the question."""
    key = keys.add()
    assert await check.admit(scope(x_public_key=key))
    keys.revoke(key)
    clock.now += HOLDS_SECONDS - 0.01
    assert await check.admit(scope(x_public_key=key))
    knower = check.knower(key.encode())
    assert check.known(key.encode()) == knower()
    assert knower()
    clock.now += 0.01
    assert check.known(key.encode()) is None
    assert knower() is None
    assert (await refusal(check, x_public_key=key)).name == "unauthorized"
    assert len(keys.asked) == 2


async def test_a_key_in_use_is_asked_about_before_its_answer_ends(
    keys: Keys, check: KeyCheck, clock: Clock
) -> None:
    """Beside the calls, once; so that a key in use never has one wait, and a revoked one ends."""
    key = keys.add().encode()
    await check.admit(scope(x_public_key=key.decode()))
    clock.now += HOLDS_SECONDS - RENEWED_SECONDS
    assert check.known(key)
    assert len(keys.asked) == 1
    clock.now += 0.01
    for _ in range(3):
        assert check.known(key)
    await until(lambda: len(keys.asked) == 2, "asked again")
    await asyncio.sleep(0)
    clock.now += HOLDS_SECONDS - 0.01
    assert check.known(key)
    keys.revoke(key.decode())
    await until(lambda: check.known(key) is None, "the end of the key")
    assert len(keys.asked) == 3


def test_an_answer_holds_no_longer_than_a_revoked_key_may() -> None:
    """5 s in all, with the 2 s that the store may take for an answer."""
    assert HOLDS_SECONDS + 2 <= 5


async def test_a_slow_answer_holds_from_the_question_on(
    keys: Keys, check: KeyCheck, clock: Clock
) -> None:
    """What the store read before a revocation is not taken for new because it came late."""
    key = keys.add()
    keys.open.clear()
    asking = asyncio.create_task(check.admit(scope(x_public_key=key)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    keys.revoke(key)
    clock.now += HOLDS_SECONDS
    keys.open.set()
    assert await asking
    assert (await refusal(check, x_public_key=key)).name == "unauthorized"


async def test_a_key_that_was_no_key_becomes_one(keys: Keys, check: KeyCheck, clock: Clock) -> None:
    """An answer that there is none holds no longer than any other."""
    key = new_key("live")
    await refusal(check, x_public_key=key)
    digest = digest_of(key.encode())
    keys.records[digest] = KeyRecord(digest, "key_2", "acme", "live", "", 1, 0)
    await refusal(check, x_public_key=key)
    assert len(keys.asked) == 1
    clock.now += HOLDS_SECONDS
    assert await check.admit(scope(x_public_key=key))


async def test_all_who_present_one_key_ask_once(keys: Keys, check: KeyCheck) -> None:
    """Whether it works or not, and whoever leaves meanwhile."""
    keys.open.clear()
    words = [keys.add(), new_key("live")]
    callers = [asyncio.create_task(check.admit(scope(x_public_key=word))) for word in words * 20]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    callers[0].cancel()
    callers[1].cancel()
    keys.open.set()
    ends = await asyncio.gather(*callers, return_exceptions=True)
    assert len(keys.asked) == 2
    assert sum(isinstance(end, Caller) for end in ends) == 19
    assert sum(isinstance(end, ApiError) for end in ends) == 19


async def test_a_store_that_is_away_makes_nobody_unauthorized(
    keys: Keys, check: KeyCheck, clock: Clock
) -> None:
    """503, not 401; that is not remembered, and who is known is known for as long as that holds."""
    key, other = keys.add(), keys.add()
    await check.admit(scope(x_public_key=key))
    keys.is_away = True
    assert (await refusal(check, x_public_key=other)).name == "store_unavailable"
    assert check.known(key.encode())
    clock.now += HOLDS_SECONDS
    assert (await refusal(check, x_public_key=key)).name == "store_unavailable"
    keys.is_away = False
    assert await check.admit(scope(x_public_key=other))


async def test_only_who_was_asked_for_is_known_at_once(keys: Keys, check: KeyCheck) -> None:
    """That asks nobody."""
    key = keys.add()
    assert check.known(key.encode()) is None
    await check.admit(scope(x_public_key=key))
    assert check.known(key.encode()) == Caller("acme", "key_1")
    others = (b"", key.encode() + b"x", b"\xff", new_key("live").encode())
    assert [check.known(word) for word in others] == [None] * 4
    assert len(keys.asked) == 1


async def test_guesses_push_nobody_out(
    keys: Keys, check: KeyCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered is bounded, of keys and of guesses each."""
    monkeypatch.setattr(key_check, "KEPT_GUESSES", 3)
    check = KeyCheck(keys, Clock())
    key = keys.add()
    await check.admit(scope(x_public_key=key))
    guesses = [new_key("live") for _ in range(10)]
    for guess in guesses:
        await refusal(check, x_public_key=guess)
    assert check.known(key.encode())
    await refusal(check, x_public_key=guesses[-1])
    assert len(keys.asked) == 11
    await refusal(check, x_public_key=guesses[0])
    assert len(keys.asked) == 12


async def test_who_is_known_does_not_wait_behind_those_who_guess(
    keys: Keys, check: KeyCheck, clock: Clock
) -> None:
    """Of keys that nobody knows so many at once are asked about at most, and each in its turn."""
    key = keys.add()
    await check.admit(scope(x_public_key=key))
    clock.now += HOLDS_SECONDS
    keys.open.clear()
    words = [new_key("live") for _ in range(3 * STRANGERS)]
    guesses = [asyncio.create_task(refusal(check, x_public_key=word)) for word in words]
    await until(lambda: len(check._asking) == len(words), "all are asking")
    known = asyncio.create_task(check.admit(scope(x_public_key=key)))
    await until(lambda: keys.asked.count(keys.asked[0]) == 2, "who is known is asked about")
    assert len(keys.asked) == 1 + STRANGERS + 1
    keys.open.set()
    assert await known
    assert {told.name for told in await asyncio.gather(*guesses)} == {"unauthorized"}
    assert len(keys.asked) == 2 + len(words)


async def test_a_stranger_waits_for_its_turn_for_a_while_only(
    keys: Keys, check: KeyCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is told to come again, and not that its key is none."""
    keys.open.clear()
    words = [new_key("live") for _ in range(STRANGERS)]
    guesses = [asyncio.create_task(refusal(check, x_public_key=word)) for word in words]
    await until(lambda: len(keys.asked) == STRANGERS, "all turns are taken")
    monkeypatch.setattr(key_check, "TURN_SECONDS", 0.0)
    assert (await refusal(check, x_public_key=keys.add())).name == "store_unavailable"
    keys.open.set()
    await asyncio.gather(*guesses)
    assert len(keys.asked) == STRANGERS


async def test_digests_are_compared_in_constant_time(
    keys: Keys, check: KeyCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that is found lets in who presents its own key; the key itself is never compared."""
    compared: list[tuple[str, str]] = []
    same: Callable[[str, str], bool] = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return same(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    key = keys.add()
    digest = digest_of(key.encode())
    await check.admit(scope(x_public_key=key))
    assert compared == [(digest, digest)]
    keys.records[digest] = keys.records[digest]._replace(digest="0" * 64)
    assert (await refusal(KeyCheck(keys), x_public_key=key)).name == "unauthorized"


async def test_nothing_in_memory_holds_a_key(keys: Keys, check: KeyCheck) -> None:
    """What is remembered is known by its digest too."""
    words = [keys.add(), new_key("live")]
    for word in words:
        with contextlib.suppress(ApiError):
            await check.admit(scope(x_public_key=word))
    held = repr(vars(check)) + repr([vars(part) for part in (check._records, check._guesses)])
    assert [word for word in words if word in held] == []
