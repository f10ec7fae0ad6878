"""Runs one of the commands: it reads the settings, opens the store, asks, and prints."""

import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping

from redis.asyncio import Redis

from app.cli.hosted import audit, keys, organisations, usage
from app.cli.hosted.answer import Answer, RefusedError
from app.cli.store import store_url
from app.errors import CATALOGUE, ApiError
from app.settings import SettingError, read_settings
from app.store.ack import Ack
from app.store.connection import StoreSetupError, connect
from app.store.embedded import EmbeddedError
from app.store.start_check import check_store
from app.telemetry.logs import set_up_logs

Command = Callable[[Redis, Namespace], Awaitable[Answer]]

COMMANDS: Mapping[str, Command] = {
    "orgs create": organisations.create,
    "orgs set": organisations.change,
    "orgs list": organisations.every,
    "orgs usage": usage.usage,
    "keys create": keys.create,
    "keys list": keys.every,
    "keys rotate": keys.rotate,
    "keys revoke": keys.revoke,
    "audit": audit.audit,
}

# The exit statuses where something cannot be done, and where the store does not answer.
REFUSED = 2
AWAY = CATALOGUE["store_unavailable"].code


async def _answer(asked: Namespace) -> Answer:
    """What the store has to say. Raises ApiError where it does not answer."""
    settings = read_settings(os.environ)
    ack = Ack(settings.store_ack)
    async with store_url(settings, ack) as url:
        client = connect(url, ack)
        try:
            checked = await check_store(client, ack)
            if not checked.answers:
                raise ApiError("store_unavailable", checked.obstacle)
            return await COMMANDS[asked.run](client, asked)
        finally:
            await asyncio.shield(client.aclose())


def _print(answer: Answer, *, as_json: bool) -> None:
    print(json.dumps(answer.data) if as_json else answer.text)
    if answer.note and not as_json:
        print(answer.note, file=sys.stderr)


def run(asked: Namespace) -> int:
    """Run a command; gives the exit status, and says in one line what keeps it from its work."""
    set_up_logs("critical", sys.stderr)
    try:
        _print(asyncio.run(_answer(asked)), as_json=asked.json)
    except ApiError as error:
        print(f"softprobe-runtime: {error.message}", file=sys.stderr)
        return error.kind.code
    except (RefusedError, SettingError, EmbeddedError, StoreSetupError) as error:
        print(f"softprobe-runtime: {error}", file=sys.stderr)
        return REFUSED
    return 0
