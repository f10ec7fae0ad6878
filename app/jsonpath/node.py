"""A node: a value within a document, and where it lies."""

from app.hop.json_value import Json

Key = str | int


class Node:
    """A value of a document. Its location is worked out only when it is asked for.

    value: the value itself, not a copy.
    key: its name or index in the parent; of no meaning without one.
    """

    __slots__ = ("_key", "_parent", "value")

    def __init__(self, value: Json, key: Key = "", parent: "Node | None" = None) -> None:
        self.value = value
        self._key = key
        self._parent = parent

    @property
    def location(self) -> tuple[Key, ...]:
        """The names and indexes that lead from the root to it; empty for the root."""
        keys = []
        node = self
        while node._parent is not None:
            keys.append(node._key)
            node = node._parent
        return tuple(reversed(keys))
