import pytest

from app.jsonpath.engine import MAX_CHARACTERS
from app.rules.pattern import Pattern, PatternError


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        ("b", "abc", "ac"),
        ("^b$", "b", "ab"),
        ("^b", "bc", "ab"),
        ("", "", None),
        (r"\d{3}", "a123", "a12"),
        ("\xe4.", "\xe4\xf6", "ao"),
        ("(?i)B", "b", "c"),
    ],
)
def test_a_pattern_is_searched_unless_it_is_anchored(
    text: str, found: str, not_found: str | None
) -> None:
    """Over characters, whatever their form in bytes."""
    pattern = Pattern.parse(text)
    assert pattern.is_found_in(found)
    assert not_found is None or not pattern.is_found_in(not_found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(s3cr3t", "missing )"),
        ("s3cr3t)", "unexpected )"),
        (r"(?=s3cr3t)", "invalid perl operator `(?=` (RE2 has no look-around)"),
        (r"(?<!s3cr3t)", "invalid perl operator `(?<!` (RE2 has no look-around)"),
        (r"(?>s3cr3t)", "invalid perl operator `(?>`"),
        (r"(s3cr3t)\1", "invalid escape sequence `\\1` (RE2 has no back references)"),
        (r"s3cr3t\q", "invalid escape sequence `\\q`"),
        ("a**", "bad repetition operator `**`"),
        ("[z-a]", "invalid character class range"),
        ("a{1001}", "invalid repetition size `{1001}`"),
        ("((a{100}){100}){100}", "invalid repetition size `{100}`"),
        ("(?" + "i" * 9_000 + "z)", "invalid perl operator"),
        (r"\pL{1,200}", "pattern too large - compile failed"),
        ("a" * (MAX_CHARACTERS + 1), "longer than 10,000 characters"),
    ],
)
def test_what_re2_does_not_take_is_refused_in_words_that_do_not_show_it(
    text: str, reason: str
) -> None:
    """Look-around and back references too: they need more than linear time."""
    with pytest.raises(PatternError) as caught:
        Pattern.parse(text)
    assert caught.value.reason == str(caught.value) == reason


@pytest.mark.parametrize(
    "text", ["(a+)+$", "(a|aa)*$", "(a|a?)+$", "(.*)(.*)(.*)(.*)(.*)$x", r"(\w+\s?)*$b", "(x+x+)+y"]
)
def test_a_pattern_that_explodes_elsewhere_is_searched_in_linear_time(text: str) -> None:
    """A test that never ended would be stopped by its timeout."""
    assert Pattern.parse(text).is_found_in("a" * 60_000 + "!") in (True, False)
    assert not Pattern.parse(f"^{text}").is_found_in("a" * 60_000 + "!")


def test_a_pattern_knows_its_size() -> None:
    """In instructions, so that many can be bounded together."""
    assert Pattern.parse("a").size < Pattern.parse("a{100}").size


def test_nothing_is_written_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    """RE2 would log what does not compile, secrets included."""
    with pytest.raises(PatternError):
        Pattern.parse("(s3cr3t")
    assert capfd.readouterr() == ("", "")
