"""How callers are told: headers in the draft's form, and a refusal that names what is used up."""

import re

import pytest

from app.quotas.limits import BYTES_PER_MONTH, LARGEST, QUOTAS
from app.quotas.standing import Standing, Standings, read_standings
from app.quotas.told import quota_exceeded, rate_limit_headers, retry_after

NOW = 1_800_000_000_000
MONTH = 31 * 86_400_000


def standings(
    *used: int, limits: tuple[object, ...] = (60, 5000, 100, 1000), tier: bytes = b"free"
) -> Standings:
    """Standings as a script tells them."""
    windows = ((NOW + 1500, 60_000), (NOW + 90_000, MONTH), (0, 0), (NOW + 90_000, MONTH))
    told: list[bytes | int] = [tier, NOW]
    for limit, number, window in zip(limits, used, windows, strict=True):
        told += [str(limit).encode(), number, *window]
    return read_standings(told, "small")


def test_standings_are_read_in_the_order_of_the_quotas() -> None:
    """A limit that is empty is none; without a record the tier is the plan's."""
    read = standings(1, 2, 3, 4, limits=("", 5000, "", 1000), tier=b"")
    assert read.tier == "small"
    assert [standing.name for standing in read.quotas] == list(QUOTAS)
    assert [standing.limit for standing in read.quotas] == [None, 5000, None, 1000]
    assert [standing.used for standing in read.quotas] == [1, 2, 3, 4]


def test_the_policy_names_quota_unit_and_window() -> None:
    """It does not change from call to call."""
    assert rate_limit_headers(standings(1, 2, 3, 4))["ratelimit-policy"] == (
        '"sessions_per_minute";q=60;w=60, "sessions_per_month";q=5000;w=2678400, '
        '"open_sessions";q=100;qu="concurrent-requests", '
        '"bytes_per_month";q=1000;qu="content-bytes";w=2678400'
    )


def test_what_is_left_is_told_with_the_seconds_until_it_is_more() -> None:
    """Seconds are rounded up; more used than there is leaves nothing."""
    assert rate_limit_headers(standings(1, 2, 3, 2000))["ratelimit"] == (
        '"sessions_per_minute";r=59;t=2, "sessions_per_month";r=4998;t=90, '
        '"open_sessions";r=97, "bytes_per_month";r=0;t=90'
    )


def test_each_item_is_a_structured_field() -> None:
    """A string with parameters that are integers or strings (RFC 9651)."""
    item = r'"[a-z_]+"(;[a-z]+=([0-9]{1,15}|"[a-z-]+"))+'
    for limits in ((60, 5000, 100, 1000), (LARGEST,) * 4):
        for value in rate_limit_headers(standings(0, 0, 0, 0, limits=limits)).values():
            assert re.fullmatch(rf"{item}(, {item})*", value)


def test_a_quota_without_a_limit_has_no_header() -> None:
    """And none at all where there is no limit."""
    some = rate_limit_headers(standings(1, 2, 3, 4, limits=("", "", 100, "")))
    assert some["ratelimit"] == '"open_sessions";r=97'
    assert rate_limit_headers(standings(1, 2, 3, 4, limits=("", "", "", ""))) == {}


def test_a_refusal_names_all_that_is_used_up() -> None:
    """Its Retry-After is not before the end of any window of those."""
    error = quota_exceeded("acme", standings(60, 5000, 3, 4))
    assert error.name == "quota_exceeded"
    assert error.message == (
        "the organisation 'acme' has used up sessions_per_minute (60 of 60), "
        "sessions_per_month (5000 of 5000): try again in 90 s"
    )
    assert error.headers["retry-after"] == "90"
    assert '"sessions_per_minute";r=0;t=2' in error.headers["ratelimit"]


@pytest.mark.parametrize(
    ("used", "limits", "advice"),
    [
        ((60, 0, 0, 0), (60, 5000, 100, 1000), "try again in 2 s"),
        ((0, 0, 100, 0), (60, 5000, 100, 1000), "close a session, or try again in 5 s"),
        ((60, 0, 100, 0), (60, 5000, 100, 1000), "try again in 5 s"),
        ((0, 0, 0, 0), ("", "", 0, ""), "a limit of 0 lets nothing in until it is raised"),
        ((60, 0, 100, 0), (60, 0, 100, ""), "a limit of 0 lets nothing in until it is raised"),
    ],
)
def test_a_refusal_says_what_to_do(
    used: tuple[int, ...], limits: tuple[object, ...], advice: str
) -> None:
    """To wait, to close something, or to have a limit raised that no wait changes."""
    assert quota_exceeded("acme", standings(*used, limits=limits)).message.endswith(f": {advice}")


def test_a_long_wait_is_told_as_a_time() -> None:
    """Nobody reads 27,761 s as the end of the month."""
    spent = Standings("free", NOW, (Standing(BYTES_PER_MONTH, 9, 9, NOW + 2 * 86_400_000, MONTH),))
    assert quota_exceeded("acme", spent).message.endswith(": try again at 2027-01-17T08:00:00Z")


def test_what_has_no_window_may_be_asked_for_again_soon() -> None:
    """Any session may end at any time; a minute's window is waited for to its end."""
    assert retry_after(standings(0, 0, 100, 0)) == 5
    assert retry_after(standings(60, 0, 0, 0)) == 2
