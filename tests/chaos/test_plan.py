"""The plan."""

from tests.chaos.moments import Moment
from tests.chaos.plan import Fault, plan


def test_a_seed_has_one_plan() -> None:
    """And another seed another one."""
    assert list(plan(1, 20)) == list(plan(1, 20)) != list(plan(2, 20))


def test_each_round_kills_one_process() -> None:
    """And the first one stalls a replica."""
    kills = {Fault.KILL_REPLICA, Fault.KILL_STORE}
    rounds = list(plan(3, 100))
    assert [len([step for step in steps if step.fault in kills]) for steps in rounds] == [1] * 100
    assert any(step.fault is Fault.STALL_REPLICA for step in rounds[0])
    assert {step.fault for steps in rounds for step in steps} == set(Fault) - {Fault.FAIL_OVER}


def test_owners_are_stalled_before_they_read_and_before_they_commit() -> None:
    """Or a bug in either check would go unseen."""
    steps = [step for steps in plan(5, 100) for step in steps]
    stalls = [step for step in steps if step.fault is Fault.STALL_REPLICA]
    assert {step.moment for step in stalls} == {Moment.BEGUN, Moment.WHOLE}
    assert all(step.rush for step in stalls)


def test_a_store_with_a_stand_in_fails_over() -> None:
    """In the place of being killed and started again."""
    faults = {step.fault for steps in plan(4, 100, can_fail_over=True) for step in steps}
    assert Fault.FAIL_OVER in faults
    assert Fault.KILL_STORE not in faults
