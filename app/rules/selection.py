"""Selections: what JSONPaths select in a hop's body, each worked out once for all rules."""

from collections.abc import Iterator

from app.hop.json_value import NOT_JSON, Json
from app.hop.model import Hop
from app.jsonpath.path import JsonPath
from app.jsonpath.work import TooMuchWork, Work, steps_for, walk_steps


class Selection:
    """What a path selects in a hop's body, worked out as far as it has been asked for.

    has_given_up: whether the rest is too much work.
    """

    def __init__(self, path: JsonPath, hop: Hop, value: Json) -> None:
        self.has_given_up = False
        self._hop = hop
        self._left = steps_for(hop.plain_body)
        self._walk = walk_steps(hop.plain_body)
        self._work = Work()
        self._found: list[Json] = []
        self._rest = path.nodes(value, self._work)

    def values(self) -> Iterator[Json]:
        """Those that were found before, then the others."""
        at = 0
        while at < len(self._found) or self._finds_another():
            yield self._found[at]
            at += 1

    def _finds_another(self) -> bool:
        if self.has_given_up:
            return False
        steps = self._work.left = self._allowed()
        try:
            node = next(self._rest, None)
        except TooMuchWork:
            self.has_given_up = True
            return False
        finally:
            self._pay(steps - max(self._work.left, 0))
        if node is not None:
            self._found.append(node.value)
        return node is not None

    def _allowed(self) -> int:
        """How many steps; the last of a hop's are always enough for an ordinary path."""
        steps = self._hop.steps
        return min(self._left, max(steps, self._walk)) if steps else 0

    def _pay(self, steps: int) -> None:
        self._left -= steps
        self._hop.steps = max(0, self._hop.steps - steps)


def selected(path: JsonPath, hop: Hop) -> Iterator[Json]:
    """What a path selects in the hop's body, up to where that becomes too much work."""
    if (value := hop.json) is NOT_JSON:
        return
    selection = hop.selections.get(path.text)
    if selection is None:
        selection = hop.selections[path.text] = Selection(path, hop, value)
    yield from selection.values()
    if selection.has_given_up:
        hop.given_up += 1
        if not hop.steps:
            # It was not the path's fault: where the hop is given more steps, it may go on.
            hop.selections.pop(path.text, None)
