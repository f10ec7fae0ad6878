"""An index of rules: a hop looks only at those that may match it, however many there are.

It is a tree. Each fork sorts rules by one dimension; those that do not ask about it go on by
themselves, so that every rule is in one leaf. A leaf's rules are few, or not to be told apart.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge

from app.hop.model import Hop
from app.rules.dimensions import DIMENSIONS, Dimension, Key
from app.rules.rule import Rule

# So few rules are tried one after another: to tell them apart would take as long.
FEW = 4

# A rule with its rank: 0 for the strongest of the index.
Ranked = tuple[int, Rule]
Leaf = Sequence[Ranked]


@dataclass(frozen=True, slots=True)
class _Fork:
    """Rules by the keys of a dimension.

    rest: those that do not ask about it.
    """

    dimension: Dimension
    branches: Mapping[Key, "_Node"]
    rest: "_Node"

    def collect(self, hop: Hop, leaves: list[Leaf]) -> None:
        """Add the leaves that may hold rules that match the hop."""
        for branch in self._branches_of(hop):
            branch.collect(hop, leaves)
        self.rest.collect(hop, leaves)

    def _branches_of(self, hop: Hop) -> "Collection[_Node]":
        given_up = hop.given_up
        branches = self.branches
        found = [branches[key] for key in self.dimension.keys_in(hop) if key in branches]
        if hop.given_up > given_up:
            # Not all keys of the hop are known, so its rules may be anywhere.
            return self.branches.values()
        return found


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Rules, the strongest first."""

    rules: Leaf

    def collect(self, _hop: Hop, leaves: list[Leaf]) -> None:
        """Add the rules, if there are any."""
        if self.rules:
            leaves.append(self.rules)


_Node = _Fork | _Leaf


def _sorted_by(dimension: Dimension, rules: Leaf) -> dict[Key | None, list[Ranked]]:
    groups: dict[Key | None, list[Ranked]] = defaultdict(list)
    for ranked in rules:
        groups[dimension.key_of(ranked[1])].append(ranked)
    return groups


def _grown(rules: Leaf, depth: int = 0) -> _Node:
    """The node of some rules, the strongest first, that dimensions before a depth tell apart."""
    if len(rules) <= FEW or depth == len(DIMENSIONS):
        return _Leaf(rules)
    dimension = DIMENSIONS[depth]([rule for _, rule in rules])
    groups = _sorted_by(dimension, rules)
    if len(groups) == 1:
        return _grown(rules, depth + 1)
    rest = _grown(groups.pop(None, []), depth + 1)
    branches = {key: _grown(group, depth + 1) for key, group in groups.items()}
    return _Fork(dimension, branches, rest)


def _ranked(leaves: list[Leaf]) -> Iterable[Ranked]:
    """The rules of some leaves, the strongest first."""
    return leaves[0] if len(leaves) == 1 else merge(*leaves)


class Index:
    """Rules, found by what they ask of a hop.

    rules: the strongest first.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._root = _grown(list(enumerate(rules)))

    def first(self, hop: Hop) -> Rule | None:
        """The strongest rule of which it is sure that it matches a hop."""
        leaves: list[Leaf] = []
        self._root.collect(hop, leaves)
        for _, rule in _ranked(leaves):
            if rule.matches(hop):
                return rule
        return None

    def candidates(self, hop: Hop) -> Iterator[Rule]:
        """The rules that may match a hop, the strongest first, and among them all that do."""
        leaves: list[Leaf] = []
        self._root.collect(hop, leaves)
        return (rule for _, rule in _ranked(leaves))

    def possible(self, hop: Hop) -> Iterator[tuple[Rule, bool]]:
        """The rules of which it is sure that they match a hop, or not sure, the strongest first."""
        for rule in self.candidates(hop):
            given_up = hop.given_up
            is_sure = rule.matches(hop)
            if is_sure or hop.given_up > given_up:
                yield rule, is_sure
