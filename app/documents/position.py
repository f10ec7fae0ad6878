"""Where places stand in a document, so that violations can be told in its order."""

from typing import Any

from app.documents.pointer import Place

# The index of each key on the way to a place.
Position = tuple[int, ...]


class Positions:
    """Finds where places stand in one document."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._indices: dict[int, dict[Any, int]] = {}

    def _index(self, container: Any, token: str | int) -> int | None:
        """Where a member stands in its container; None where there is no such member."""
        if id(container) not in self._indices:
            tokens = container if isinstance(container, dict) else range(len(container))
            self._indices[id(container)] = {key: index for index, key in enumerate(tokens)}
        return self._indices[id(container)].get(token)

    def of(self, place: Place) -> Position:
        """The position of a place, or of its nearest container where there is no such place."""
        node, found = self._document, []
        for token in place:
            index = self._index(node, token)
            if index is None:
                break
            found.append(index)
            node = node[token]
        return tuple(found)
