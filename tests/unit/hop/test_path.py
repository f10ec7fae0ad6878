import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.hop.path import normal_escapes, normal_path, split_target

# What broken escapes are made of, and little else.
_nearly_escapes = st.text(alphabet="%%%0123469AaFfEez~ /\xe9")


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a?b=c", ("/a", "b=c")),
        ("/a?b=c?d", ("/a", "b=c?d")),
        ("/a?", ("/a", "")),
        ("/a%3Fb", ("/a%3Fb", "")),
        ("?b", ("", "b")),
        ("", ("", "")),
    ],
)
def test_the_query_begins_at_the_first_question_mark(target: str, parts: tuple[str, str]) -> None:
    """An escaped one belongs to the path."""
    assert split_target(target) == parts


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/v1/a-b._~c", "/v1/a-b._~c"),
        ("/%41%7a%30%2D%2e%5F%7E", "/Az0-._~"),
        ("/a%2fb%3a", "/a%2Fb%3A"),
        ("/a:b@c!$&'()*+,;=", "/a:b@c!$&'()*+,;="),
        ("/a b", "/a%20b"),
        ('/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("/[x]?#", "/%5Bx%5D%3F%23"),
        ("/caf\xe9/\U0001f600", "/caf%C3%A9/%F0%9F%98%80"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/\0\x7f", "/%00%7F"),
        ("/\ud83d", "/%ED%A0%BD"),
        ("//a/./b/../c//", "//a/./b/../c//"),
        ("a", "a"),
        ("*", "*"),
        ("", "/"),
    ],
)
def test_two_spellings_of_a_path_have_one_normal_form(path: str, normal: str) -> None:
    """Slashes and dot segments stay."""
    assert normal_path(path) == normal


@pytest.mark.parametrize(
    "path", ["/%", "/%zz", "/%4", "/100%/x", "/%%34%31", "/%4%31", "/%z%2F", "/%%%41"]
)
def test_a_broken_escape_stands_for_itself(path: str) -> None:
    """And is not made whole by what is decoded behind it."""
    assert normal_path(path) == path
    assert normal_path(path) != normal_path(path.replace("%", "%25", 1))


def test_an_escaped_slash_is_no_slash() -> None:
    """Its hex digits ignore case."""
    assert normal_path("/files/a%2Fb") == normal_path("/files/a%2fb")
    assert normal_path("/files/a%2Fb") != normal_path("/files/a/b")
    assert not normal_path("/files/a%2Fb").startswith(normal_escapes("/files/a/"))


@given(st.text() | _nearly_escapes)
@example("/%%34%31")
@example("/%4%%31")
def test_a_normal_form_is_its_own_normal_form(path: str) -> None:
    """Whatever was escaped, decoded or broken."""
    assert normal_path(normal_path(path)) == normal_path(path)


@given(st.text() | _nearly_escapes)
def test_a_normal_form_is_printable_ascii(path: str) -> None:
    """Nothing else may stand raw in a URI."""
    normal = normal_path(path)
    assert normal.isascii()
    assert normal.isprintable()
    assert not set(normal) & set(' "<>\\^`{|}?#[]')


def test_an_empty_part_of_a_path_stays_empty() -> None:
    """Only a whole path that is empty is `/`."""
    assert normal_escapes("") == ""
