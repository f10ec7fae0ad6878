"""How the interpreter shares itself out, so that calls go on while work is done in threads."""

import gc
import sys

# How long a thread runs before it makes way for the calls, in seconds; a call waits several times.
SWITCH_SECONDS = 0.0005
# New objects before the youngest are collected, and collections before that of the next older ones.
# Nearly all of ours die without a collector, and one stops every call: so those of the young look
# at few objects at a time, and those over all, the rules of large documents included, are rare.
THRESHOLDS = (10_000, 3, 400)


def let_calls_go_on() -> None:
    """Set this process up; what is there by now is never collected."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
