"""Lazy properties: worked out when they are first asked for, and then kept in the object.

As `functools.cached_property`, less the lock that this takes in Python 3.11: no object here is
shared by threads that would both be the first to ask, and what is worked out twice is the same.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")


class lazy_property(Generic[Made]):  # noqa: N801 (as the one that it stands for)
    """A property that is worked out once.

    work_out: gives its value for an object.
    """

    def __init__(self, work_out: Callable[[Any], Made]) -> None:
        self._work_out = work_out
        self._name = ""
        self.__doc__ = work_out.__doc__

    def __set_name__(self, _owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, _owner: type[Any] | None = None) -> Made:
        made = instance.__dict__[self._name] = self._work_out(instance)
        return made
