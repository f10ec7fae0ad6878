"""A tree of patterns: many ways into a JSON value that are walked at once."""

from dataclasses import dataclass, field

# A key or an index, or None for every item of an array.
Pattern = tuple[str | int | None, ...]


@dataclass(slots=True, eq=False)
class Tree:
    """Where patterns have led so far.

    below: what their next steps lead to. is_end: whether one of them ends here.
    covered: how many places of a value this stands for, where somebody counts.
    """

    below: dict[str | int | None, "Tree"] = field(default_factory=dict)
    is_end: bool = False
    covered: int = 0

    def grow(self, pattern: Pattern) -> "Tree":
        """Add a pattern; gives where it ends."""
        node = self
        for step in pattern:
            node = node.below.setdefault(step, Tree())
        node.is_end = True
        return node
