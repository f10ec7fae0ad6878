"""Concurrency: how many calls of an organisation are under way."""

import pytest

from app.http.concurrency import Concurrency
from app.telemetry.metrics import Metrics


def test_no_more_than_the_limit_are_under_way() -> None:
    """One that leaves makes room; other organisations have their own."""
    concurrency = Concurrency(2, Metrics())
    assert [concurrency.enter("a") for _ in range(3)] == [True, True, False]
    assert concurrency.enter("b")
    concurrency.leave("a")
    assert [concurrency.enter("a") for _ in range(2)] == [True, False]


def test_an_organisation_without_calls_is_forgotten() -> None:
    """What is kept does not grow with the number of organisations."""
    concurrency = Concurrency(1, Metrics())
    for number in range(100):
        assert concurrency.enter(f"org-{number}")
        concurrency.leave(f"org-{number}")
    assert concurrency._under_way == {}


def test_without_a_limit_all_may_enter() -> None:
    """Where all calls are of one organisation there is nobody to be fair to."""
    concurrency = Concurrency(None, Metrics())
    assert all(concurrency.enter("a") for _ in range(1000))
    concurrency.leave("a")


def test_who_has_not_entered_cannot_leave() -> None:
    """A fault of the code is not counted as room."""
    with pytest.raises(KeyError):
        Concurrency(1, Metrics()).leave("a")
