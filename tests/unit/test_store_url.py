"""The store's URL: every form, and one clear line for what is none."""

import re

import pytest

from app.store_url import Form, Login, Node, StoreUrl, Tls, parse_store_url

TLS_FILES = "ssl_ca_certs=/ca&ssl_certfile=/c&ssl_keyfile=/k"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("redis://h", StoreUrl(Form.SERVER, (Node("h", 6379),))),
        ("redis://[::1]:7/3", StoreUrl(Form.SERVER, (Node("::1", 7),), db=3)),
        (
            "redis://me:p%40%2F@h:1",
            StoreUrl(Form.SERVER, (Node("h", 1),), login=Login("me", "p@/")),
        ),
        ("redis://:p@h", StoreUrl(Form.SERVER, (Node("h", 6379),), login=Login(None, "p"))),
        ("rediss://h", StoreUrl(Form.SERVER, (Node("h", 6379),), tls=Tls())),
        (
            f"rediss://h?{TLS_FILES}&ssl_check_hostname=no",
            StoreUrl(
                Form.SERVER, (Node("h", 6379),), tls=Tls("/ca", "/c", "/k", check_hostname=False)
            ),
        ),
        ("unix:///run/a.sock", StoreUrl(Form.UNIX, path="/run/a.sock")),
        (
            "unix://me:p@/run/a%20b?db=2",
            StoreUrl(Form.UNIX, path="/run/a b", db=2, login=Login("me", "p")),
        ),
        (
            "redis+cluster://me:p@a:1,b:2,c",
            StoreUrl(
                Form.CLUSTER, (Node("a", 1), Node("b", 2), Node("c", 6379)), login=Login("me", "p")
            ),
        ),
        ("rediss+cluster://a/0", StoreUrl(Form.CLUSTER, (Node("a", 6379),), tls=Tls())),
        (
            "redis+sentinel://me:p@a,b:2/main/4?sentinel_username=s&sentinel_password=q%26",
            StoreUrl(
                Form.SENTINEL,
                (Node("a", 26379), Node("b", 2)),
                db=4,
                service="main",
                login=Login("me", "p"),
                sentinel_login=Login("s", "q&"),
            ),
        ),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: StoreUrl) -> None:
    """Hosts, database, service, both logins and the TLS files, percent-decoded."""
    assert parse_store_url(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        "http://secret@h",
        "redis://",
        "redis://secret@h:0",
        "redis://secret@h:70000",
        "redis://me:sec/ret@h",
        "redis://:secret/word@h",
        "redis://:secret#word@h",
        "redis://:secret?word@h",
        "redis+sentinel://u:12/secret@h/0",
        "redis+sentinel://u:12?secret@h/0",
        "redis://:secret%zzword@h",
        "redis://:secret%00word@h",
        "redis://:secret word@h",
        "redis://secret@h:\u0663",
        "redis://secret@h/\u0663",
        "redis://secret@a..b",
        "redis://secret@" + "h" * 64,
        "rediss://secret@h?ssl_ca_certs=%00",
        "redis+cluster://secret@a,,b",
        "unix:///secret/" + "s" * 100,
        "redis://secret@a,b",
        "redis://secret@h/main",
        "redis://secret@h?socket_timeout=5",
        "redis://secret@h?ssl_ca_certs=/ca",
        "rediss://secret@h?ssl_certfile=/c",
        "rediss://secret@h?ssl_check_hostname=perhaps",
        "rediss://secret@h?ssl_ca_certs=/a&ssl_ca_certs=/b",
        "redis+cluster://secret@h/1",
        "redis+sentinel://secret@h",
        "redis+sentinel://secret@h/main/x",
        "redis+cluster://secret@h?sentinel_password=secret",
        "unix://secret@run/a.sock",
        "redis://secret@h#part",
    ],
)
def test_what_is_no_url_is_refused_without_showing_it(url: str) -> None:
    """The error says what is accepted."""
    with pytest.raises(ValueError, match=r"redis|ssl|parameters|host|socket") as refused:
        parse_store_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h?ssl_ca_certs=/ca", "no parameters with redis:// (ssl_… needs rediss://)"),
        ("redis+cluster://h?ssl_keyfile=/k", "(ssl_… needs rediss+cluster://)"),
        ("unix:///s?ssl_keyfile=/k", "no parameters but db with unix:// (ssl_… needs rediss://)"),
        ("rediss://h?sentinel_password=p", "(sentinel_… needs redis+sentinel://"),
        ("redis://h?b=1", "no parameters with redis://; a ? in a password is %3F"),
        ("unix:///s?db=1&db=2", "each of the parameters after ? once"),
    ],
)
def test_a_parameter_that_the_form_does_not_take_says_which_does(url: str, expected: str) -> None:
    """By the scheme that has to be written."""
    with pytest.raises(ValueError, match=re.escape(expected)):
        parse_store_url(url)


def test_a_password_is_not_in_the_text_of_the_parts() -> None:
    """Neither the store's nor the Sentinels'."""
    parts = parse_store_url("redis+sentinel://me:hush@h/main?sentinel_password=hush")
    assert "hush" not in repr(parts)
