"""What an acknowledged write has reached before its caller hears of it (operations.md)."""

from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from redis.exceptions import NoPermissionError, RedisError, ResponseError

# How long a write may wait for the disk or a replica, in ms; the call's own bound is above it.
ACK_MS = 1200


class Ack(StrEnum):
    """The values of `SOFTPROBE_STORE_ACK`."""

    MEMORY = "memory"
    AOF = "aof"
    REPLICA = "replica"


_COMMANDS: dict[Ack, tuple[str | int, ...]] = {
    Ack.AOF: ("WAITAOF", 1, 0, ACK_MS),
    Ack.REPLICA: ("WAIT", 1, ACK_MS),
}


class NotAcknowledgedError(RedisError):
    """A write was made, but did not get as far as was asked in time."""


@runtime_checkable
class Acknowledging(Protocol):
    """A client that can wait until its own writes have got as far as `ack` says."""

    ack: Ack

    async def acknowledged(self, key: str, *command: Any) -> Any:
        """The reply to a write on a key, once it is acknowledged."""


def waiting(ack: Ack) -> tuple[str | int, ...]:
    """The command that waits, on the connection of the write that it is for."""
    return _COMMANDS[ack]


def settled(ack: Ack, reply: Any, waited: Any) -> Any:
    """The reply to a write, if it was made and got far enough.

    waited: the reply to the command that waits. Raises what the write was refused with, or
    NotAcknowledgedError.
    """
    if isinstance(reply, Exception):
        raise reply
    if isinstance(waited, ResponseError) and not isinstance(waited, NoPermissionError):
        raise NotAcknowledgedError(str(waited))
    if isinstance(waited, Exception):
        raise waited
    reached = waited[0] if ack is Ack.AOF else waited
    if int(reached) < 1:
        raise NotAcknowledgedError(f"the write has not reached what {ack} asks for")
    return reply
