"""`softprobe-runtime doctor`: examine a set-up and say in one line each what is wrong with it.

It asks the store and the captures' destination as a replica would, and leaves nothing behind but
the folders that captures would lie in.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from app import __version__
from app.cli.colours import Colours
from app.cli.examinations.environment import examine_settings
from app.cli.examinations.finding import Finding, Verdict, skipped
from app.cli.examinations.machine import examine_machine
from app.cli.examinations.sink import examine_sink
from app.cli.examinations.store import examine_store
from app.telemetry.logs import set_up_logs

# The exit status where something does not work.
UNWELL = 1

_STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAULT: "red"}


async def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Everything about a set-up, the settings first: without them nothing else can be told."""
    settings, found = examine_settings(environ)
    if settings is None:
        return [*found, skipped("all else", "the settings have to be read first")]
    found += examine_machine(settings)
    found += await examine_store(settings)
    found.append(await examine_sink(settings))
    return found


def _count(found: Sequence[Finding], verdict: Verdict) -> str:
    count = sum(finding.verdict is verdict for finding in found)
    return f"{count} {verdict}{'' if count == 1 else 's'}"


def _table(found: Sequence[Finding], colours: Colours) -> str:
    width = max(len(finding.check) for finding in found)
    lines = [
        f"  {colours.shown(_STYLES.get(verdict, 'dim'), f'{verdict:<7}')}  {check:<{width}}  {text}"
        for check, verdict, text in found
    ]
    summary = f"{_count(found, Verdict.FAULT)}, {_count(found, Verdict.WARNING)}"
    head = colours.shown("bold", f"softprobe-runtime {__version__} doctor")
    return "\n".join([head, "", *lines, "", summary])


def _json(found: Sequence[Finding]) -> str:
    findings = [finding._asdict() for finding in found]
    return json.dumps({"version": __version__, "ok": _is_well(found), "findings": findings})


def _is_well(found: Sequence[Finding]) -> bool:
    return all(finding.verdict is not Verdict.FAULT for finding in found)


def doctor(*, as_json: bool) -> NoReturn:
    """Examine this environment and print what was found; it ends with status 1 if there is a fault.

    as_json: print one JSON object instead of a table.
    """
    set_up_logs("critical", sys.stderr)
    found = asyncio.run(examine(os.environ))
    print(_json(found) if as_json else _table(found, Colours(sys.stdout)), flush=True)
    _leave(0 if _is_well(found) else UNWELL)


def _leave(status: int) -> NoReturn:
    """End at once: threads of the sinks' library that outlive Python's own end would abort it."""
    os._exit(status)
