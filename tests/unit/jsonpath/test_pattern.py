import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.jsonpath.pattern import check_pattern, matches, prepare
from app.jsonpath.work import TooMuchWork, Work


def _matches(pattern: str, text: str, is_whole: bool = True) -> bool:
    check_pattern(pattern)
    return matches(pattern, text, is_whole, Work().spend)


@pytest.mark.parametrize(
    ("pattern", "text", "other"),
    [
        ("a", "a", "ab"),
        ("a.c", "a☺c", "a\nc"),
        ("a.c", "abc", "a\rc"),
        ("a|bc", "bc", "abc"),
        ("(ab)+", "abab", "aba"),
        ("(a|)", "", "b"),
        ("a{2}", "aa", "a"),
        ("a{2,}", "aaa", "a"),
        ("a{1,2}", "aa", "aaa"),
        ("[a-c]", "b", "d"),
        ("[^a-c]", "d", "b"),
        ("[-a]", "-", "b"),
        ("[a-]", "-", "b"),
        ("[-]", "-", "a"),
        ("[^-]", "a", "-"),
        ("[a^]", "^", "b"),
        ("[^^]", "a", "^"),
        (r"[\]\-]", "]", "a"),
        (r"[\p{L}\n]", "é", "1"),
        (r"\p{Lu}", "É", "é"),
        (r"\P{Lu}", "é", "É"),
        (r"\.\*\\\n", ".*\\\n", "a"),
        ("^$", "^$", ""),
        ("a/b#c d", "a/b#c d", "a/b#cd"),
        ("日+", "日日", "本"),
        ("", "", "a"),
    ],
)
def test_an_i_regexp_matches_as_rfc_9485_has_it(pattern: str, text: str, other: str) -> None:
    """A dot is any character but a line's end; `^` and `$` are only themselves."""
    assert _matches(pattern, text)
    assert not _matches(pattern, other)


def test_a_search_finds_the_pattern_anywhere() -> None:
    """A match needs the whole text."""
    assert _matches("b+", "abbc", is_whole=False)
    assert not _matches("b+", "abbc")


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "*",
        "a**",
        "a+?",
        "[",
        "[]",
        "[^]b]",
        "[a--]",
        "[+--]",
        "[b-a]",
        "]",
        "{",
        "a{,2}",
        "a{2,1}",
        "a{1001}",
        r"\d",
        r"\w",
        r"\b",
        r"\1",
        r"\p{Greek}",
        r"\p{Xx}",
        "(?:a)",
        "(?i)a",
        "[[:alpha:]]",
        "\\",
        "\ud83d",
        "a" * 10_001,
        "(((.{100}){100}){100})",
    ],
)
def test_what_is_no_i_regexp_does_not_compile(pattern: str) -> None:
    """Nor does what is too large."""
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        check_pattern(pattern)
    assert not prepare(pattern, Work().spend)


def test_half_an_emoji_is_a_character_like_any_other() -> None:
    """It is searched without an error."""
    assert _matches(".", "\ud83d")
    assert _matches("b", "a\ud83db", is_whole=False)


def test_a_search_tells_its_work_before_it_begins() -> None:
    """By the length of the text and the size of the pattern."""
    with pytest.raises(TooMuchWork):
        _matches("[ab]*a[ab]{900}x", "ab" * 500_000, is_whole=False)
    assert _matches("(a+)+b", "a" * 100_000 + "b")


@given(st.text(alphabet=r"ab\.[]()-^{}|*+?,1pPLn"), st.text(alphabet="ab-^\n"))
def test_no_pattern_is_too_strange(pattern: str, text: str) -> None:
    """It compiles or it does not."""
    if prepare(pattern, Work().spend):
        _matches(pattern, text)
