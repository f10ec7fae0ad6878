import json

import pytest

from app.redaction.json_text import redact_text
from app.redaction.marks import Key, Marks


def _redacted(text: str, *locations: tuple[Key, ...]) -> str:
    marks = Marks()
    for location in locations:
        marks.at(location).is_replaced = True
    return redact_text(text, marks)


def test_everything_but_the_marked_values_stays_as_it_was_written() -> None:
    """Numbers, white space, order, escapes and whatever is not ASCII."""
    text = ' { "b" : 1.50e+00 ,\n"\\u0061":[ "s\\/é", {"c":[1]} , -0 ],"é": true } '
    assert _redacted(text, ("a", 1, "c"), ("é",)) == (
        ' { "b" : 1.50e+00 ,\n"\\u0061":[ "s\\/é", {"c":"[redacted]"} , -0 ],"é": "[redacted]" } '
    )
    assert _redacted(text) == text


@pytest.mark.parametrize("value", ["1", '"s"', "true", "null", "[1,[2]]", '{"x":{"y":1}}', "[]"])
def test_a_value_of_any_type_is_replaced(value: str) -> None:
    """By a string."""
    assert _redacted(f'{{"a":{value},"b":[{value}]}}', ("a",)) == (
        f'{{"a":"[redacted]","b":[{value}]}}'
    )
    assert _redacted(f"[0, {value} ]", (1,)) == '[0, "[redacted]" ]'
    assert _redacted(value, ()) == '"[redacted]"'


def test_within_a_replaced_value_nothing_more_is_done() -> None:
    """The outermost counts."""
    assert _redacted('{"a":{"b":1,"b":2}}', ("a",), ("a", "b")) == '{"a":"[redacted]"}'


def test_a_member_that_a_later_one_hides_is_replaced_too() -> None:
    """No path can select it, and most readers never see it; what they see stays."""
    text = r'{"a":{"t":"s1"},"\u0061":5,"b":{"c":1,"c":2},"a":6}'
    assert _redacted(text) == (
        r'{"a":"[redacted]","\u0061":"[redacted]","b":{"c":"[redacted]","c":2},"a":6}'
    )


def test_a_string_that_holds_json_is_looked_into_where_the_marks_lead_there() -> None:
    """It is written anew only if something in it went."""
    inner = json.dumps({"t": "s", "é": 1}, ensure_ascii=False)
    text = json.dumps({"p": inner, "q": json.dumps(inner)}, ensure_ascii=False)
    redacted = json.loads(_redacted(text, ("p", "t"), ("q", "t")))
    assert redacted["p"] == '{"t": "[redacted]", "é": 1}'
    assert json.loads(redacted["q"]) == '{"t": "[redacted]", "é": 1}'
    assert _redacted(text, ("p", "x")) == text


def test_a_hidden_string_that_is_no_json_is_no_trouble() -> None:
    """Though marks lead to the member that hides it."""
    assert _redacted('{"a":"]}","a":{"t":1}}', ("a", "t")) == (
        '{"a":"[redacted]","a":{"t":"[redacted]"}}'
    )
