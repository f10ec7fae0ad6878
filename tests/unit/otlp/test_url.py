import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.otlp.url import Url


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://api.example.com/v1/x?a=1&b=2", ("api.example.com", "/v1/x", "a=1&b=2")),
        ("https://[2001:db8::1]:8443/x", ("[2001:db8::1]:8443", "/x", "")),
        ("https://[::1]", ("[::1]", "/", "")),
        ("http://user:p%40ss@host:80/x", ("host:80", "/x", "")),
        ("http://a@b@host/", ("host", "/", "")),
        ("http://host?a=1", ("host", "/", "a=1")),
        ("http://host#top", ("host", "/", "")),
        ("http://host/x#top?no=query", ("host", "/x", "")),
        ("http://host/x?a=/y?b#top", ("host", "/x", "a=/y?b")),
        ("//host/x", ("host", "/x", "")),
        ("/only/a/path?q", ("", "/only/a/path", "q")),
        ("http:///x", ("", "/x", "")),
        ("HTTP://HOST:99999/%2f", ("HOST:99999", "/%2f", "")),
    ],
)
def test_a_url_is_taken_apart_as_it_was_written(url: str, parts: tuple[str, str, str]) -> None:
    """IPv6, user information, fragments and missing paths included."""
    assert Url.parse(url)[:3] == parts


def test_a_url_has_a_scheme_and_a_target() -> None:
    """The target is what a server is asked for."""
    url = Url.parse("HTTPS://h/p?a#top")
    assert (url.scheme, url.target) == ("HTTPS", "/p?a")
    assert (Url.parse("//h/p").scheme, Url.parse("//h/p").target) == ("", "/p")


@pytest.mark.parametrize("url", ["", "garbage", "mailto:a@b.example", "http:", "?a=1", "#", "::"])
def test_what_is_no_url_has_empty_parts(url: str) -> None:
    """So that the other attributes are asked."""
    assert Url.parse(url) == Url()


@given(st.text())
def test_no_text_is_too_strange_to_take_apart(url: str) -> None:
    """It never raises, and a path begins with a slash or is empty."""
    path = Url.parse(url).path
    assert not path or path.startswith("/")
