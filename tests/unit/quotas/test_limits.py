"""Limits: presets, and what a setting may say."""

import pytest

from app.quotas.limits import NO_TIER, QUOTAS, TIERS, read_limits, read_plan


def test_the_presets_are_those_of_the_tiers() -> None:
    """The free tier and the team's limit all quotas; an enterprise's limits are set for it."""
    assert [TIERS["free"][name] for name in QUOTAS] == [60, 5_000, 100, 50_000_000]
    assert [TIERS["team"][name] for name in QUOTAS] == [600, 500_000, 5_000, 10_000_000_000]
    assert TIERS["enterprise"] == {}


def test_an_empty_setting_counts_nothing() -> None:
    """There is no plan."""
    assert read_plan("") is None
    assert read_plan("  ") is None


@pytest.mark.parametrize("name", TIERS)
def test_a_preset_goes_by_its_name(name: str) -> None:
    """Whoever has no record has the preset's limits, and the preset's name as a tier."""
    plan = read_plan(name)
    assert plan
    assert plan.tier == name
    assert plan.presets[NO_TIER] == TIERS[name]


def test_limits_may_be_given_one_by_one() -> None:
    """Those that are not named are none; the tier has no name."""
    plan = read_plan("sessions_per_minute=60, bytes_per_month=1000")
    assert plan
    assert plan.tier is None
    assert plan.presets[NO_TIER] == {"sessions_per_minute": 60, "bytes_per_month": 1000}
    assert " default.sessions_per_minute=60 default.bytes_per_month=1000" in plan.text()
    assert " free.open_sessions=100" in plan.text()


def test_a_limit_may_be_nothing_at_all() -> None:
    """0 is a limit, not the lack of one."""
    assert read_limits(["open_sessions=0"]) == {"open_sessions": 0}


@pytest.mark.parametrize(
    "text",
    [
        "gold", "sessions_per_minute", "sessions_per_minute=", "sessions_per_minute=-1",
        "sessions_per_minute=1.5", "sessions_per_hour=5", "sessions_per_minute=60;open_sessions=1",
        "open_sessions=1,open_sessions=2", "open_sessions=1,", "bytes_per_month=50MB",
        "bytes_per_month=1000000000000000", "free,open_sessions=1",
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused_with_what_is_accepted(text: str) -> None:
    """One line that names the presets and the quotas."""
    with pytest.raises(ValueError, match=r"a preset \(free, team, enterprise\) or limits such as"):
        read_plan(text)
