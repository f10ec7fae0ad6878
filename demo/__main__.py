"""`python -m demo`: set the stage, tell the story, end everything."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.interrupts import Interrupts
from demo.processes import Processes, StageError
from demo.screen import Screen
from demo.stage import Stage
from demo.story import CALLS, Story, shown

TITLE = "softprobe-runtime: capture an app's traffic, then replay it without its upstream"
INTERRUPTED = 130


def _tell(stage: Stage, screen: Screen) -> Path:
    screen.act("Start")
    stage.raise_curtain(screen)
    story = Story(stage, screen)
    case, recorded = story.capture()
    story.end_upstream()
    story.replay(case, recorded)
    return case


def _perform(screen: Screen, interrupts: Interrupts) -> Path:
    """The whole demo; whatever happens, no process and no temporary file outlives it."""
    with ExitStack() as stack:
        with interrupts.held():
            temporary = TemporaryDirectory(prefix="softprobe-demo-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(temporary))
        processes = Processes(folder, interrupts)
        stack.callback(processes.end_all)
        stack.callback(interrupts.ignore)
        try:
            return _tell(Stage(folder, processes), screen)
        except StageError:
            processes.check()
            raise


def main() -> int:
    """Run the demo; the exit status is 0 if every answer was the same."""
    screen, interrupts = Screen(), Interrupts()
    try:
        interrupts.install()
        screen.title(TITLE)
        case = _perform(screen, interrupts)
    except StageError as error:
        print(f"\n{screen.bad('The demo failed')}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever watched has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; every process has ended.", file=sys.stderr)
        return INTERRUPTED
    screen.act("Done")
    screen.line(f"{len(CALLS)} of {len(CALLS)} answers are the same", "every process has ended")
    screen.line("the case, to open", shown(case))
    return 0


if __name__ == "__main__":
    sys.exit(main())
