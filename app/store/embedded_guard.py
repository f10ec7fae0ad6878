"""The embedded server's guard: a small process that ends the server when the runtime is gone.

It is the server's parent and holds the read end of a pipe whose other end only the runtime holds.
The end of the pipe means that the runtime has ended, however it ended, SIGKILL included. Run as a
file with nothing imported from the project, so that it starts at once and stays small.

Arguments: the server's command line. Standard input: the pipe.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def stop_when_alone(server: subprocess.Popen[bytes]) -> None:
    """Wait for the end of the pipe, then ask the server to save and end."""
    os.read(sys.stdin.fileno(), 1)
    with contextlib.suppress(ProcessLookupError):
        server.terminate()


def _heed_sigterm() -> None:
    """Not ignored as it is here: it may come before the server has set up what it does then."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def main() -> int:
    """Run the server until it or the runtime ends; the server's exit status is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server = subprocess.Popen(  # noqa: S603 the runtime's own command
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=_heed_sigterm,  # noqa: PLW1509 there is no thread yet
    )
    threading.Thread(target=stop_when_alone, args=(server,), daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
