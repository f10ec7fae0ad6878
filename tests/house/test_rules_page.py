"""The page on rules: its examples do what it says, and they are complete."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from app.api.compilable import check_compilable, check_compilable_policy
from app.documents.policy import check_policy
from app.documents.rules import check_rules
from app.rules.actions import ACTIONS
from app.rules.predicates import PREDICATES
from app.rules.ruleset import RuleSet, compile_rules
from tests.house.hops import Asked, asked, outcome
from tests.house.pages import first_cells, read

PAGE = "docs/rules.md"
BLOCKS = re.findall(r"^```(json|hops)\n(.*?)^```$", read(PAGE), re.DOTALL | re.MULTILINE)
DOCUMENTS = [json.loads(text) for kind, text in BLOCKS if kind == "json"]
HOPS = [[asked(line) for line in text.splitlines()] for kind, text in BLOCKS if kind == "hops"]
EXAMPLES = list(zip(DOCUMENTS, HOPS, strict=True))
SINGLE = [(rule, hops) for rule, hops in EXAMPLES if "when" in rule]


def _rules(entries: list[Any]) -> Sequence[Mapping[str, Any]]:
    """These rules, as a session takes them."""
    rules: list[Mapping[str, Any]] = check_compilable(
        check_rules(json.dumps({"rules": entries}).encode())
    )["rules"]
    return rules


def _session(document: dict[str, Any]) -> RuleSet:
    """What a session makes of an example: a rule alone, or rules with others and a policy."""
    if "when" in document:
        return compile_rules(_rules([document]), [], {})
    assert set(document) <= {"rules", "case", "policy"}
    policy = check_compilable_policy(check_policy(json.dumps(document.get("policy", {})).encode()))
    return compile_rules(_rules(document["rules"]), _rules(document.get("case", [])), policy)


def test_every_example_is_followed_by_its_hops() -> None:
    """So that none of them is mere words."""
    assert [kind for kind, _ in BLOCKS] == ["json", "hops"] * len(EXAMPLES)


@pytest.mark.parametrize(("document", "hops"), EXAMPLES, ids=map(str, range(len(EXAMPLES))))
def test_an_example_does_to_its_hops_what_the_page_says(
    document: dict[str, Any], hops: list[Asked]
) -> None:
    """Each by itself."""
    rules = _session(document)
    assert [outcome(rules.decide(hop)) for _, hop in hops] == [said for said, _ in hops]


@pytest.mark.parametrize(("rule", "hops"), SINGLE, ids=map(str, range(len(SINGLE))))
def test_a_rule_is_shown_with_a_hop_that_it_is_for_and_one_that_it_is_not(
    rule: dict[str, Any], hops: list[Asked]
) -> None:
    """Or the reader would not see the difference."""
    assert {said == "no rule" for said, _ in hops} == {True, False}
    assert rule["when"]


@pytest.mark.parametrize("key", PREDICATES)
def test_every_predicate_has_an_example(key: str) -> None:
    """And a row in the table."""
    assert any(key in rule["when"] for rule, _ in SINGLE)
    assert key in re.findall(r"`(\w+)`", "".join(first_cells(PAGE)))


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_an_example(action: str) -> None:
    """And a row in the table."""
    assert any(action == rule["then"]["action"] for rule, _ in SINGLE)
    assert action in re.findall(r"`(\w+)`", "".join(first_cells(PAGE)))
