import gc
import sys
from collections.abc import Iterator

import pytest

from app.cli.fairness import SWITCH_SECONDS, THRESHOLDS, let_calls_go_on


@pytest.fixture
def process() -> Iterator[None]:
    """The process that the test runs in, set back to what it was."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("process")
def test_threads_make_way_often_and_old_objects_are_left_alone() -> None:
    """In the whole process."""
    let_calls_go_on()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() > 0
