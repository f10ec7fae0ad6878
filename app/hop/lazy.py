"""Lazy properties: worked out when they are first asked for, and then kept in the object.

As `functools.cached_property`, less the lock that this takes in Python 3.11: no object here is
shared by threads that would both be the first to ask, and what is worked out twice is the same.
"""

from functools import cached_property
from typing import Any, TypeVar

Made = TypeVar("Made")


class lazy_property(cached_property[Made]):  # noqa: N801 (as the one that it stands for)
    """A property that is worked out once."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        made = instance.__dict__[self.attrname] = self.func(instance)
        return made
