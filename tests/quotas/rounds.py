"""How often the tests of what must hold under any timing are done: `SOFTPROBE_TEST_ROUNDS`."""

import os

import pytest

ROUNDS = int(os.environ.get("SOFTPROBE_TEST_ROUNDS", "2"))
each_round = pytest.mark.parametrize("round_", range(ROUNDS))
