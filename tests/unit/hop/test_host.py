import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.hop.host import Host

IPV6 = "[2001:DB8::1]:8443"


@pytest.mark.parametrize(
    ("text", "name", "port"),
    [
        ("api.example.com", "api.example.com", None),
        ("API.Example.COM", "api.example.com", None),
        (" api.example.com ", "api.example.com", None),
        ("api.example.com.", "api.example.com", None),
        ("api.example.com..", "api.example.com.", None),
        (".", ".", None),
        ("api.example.com.:8443", "api.example.com", 8443),
        ("api:", "api", None),
        ("api:080", "api", 80),
        (":8443", "", 8443),
        ("user:secret@api:80", "api", 80),
        ("a@b@api", "api", None),
        (IPV6, "[2001:db8::1]", 8443),
        ("[::1]", "[::1]", None),
        ("[fe80::1%25ETH0]:80", "[fe80::1%25eth0]", 80),
        ("2001:DB8::1", "[2001:db8::1]", None),
        ("::1", "[::1]", None),
        ("::ffff:10.0.0.1", "[::ffff:10.0.0.1]", None),
        ("[::FFFF:0A00:0001]:1", "[::ffff:10.0.0.1]", 1),
        ("[0:0::1]", "[::1]", None),
        ("[0:0:0:0:0:0:0:1]:80", "[::1]", 80),
        ("0:0::1", "[::1]", None),
        ("[2001:0db8:0:0::0001]", "[2001:db8::1]", None),
        ("[FE80:0::1%25ETH0]", "[fe80::1%25eth0]", None),
        ("[v1.x]", "[v1.x]", None),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example", None),
        ("10.0.0.1:80", "10.0.0.1", 80),
        ("", "", None),
    ],
)
def test_a_host_is_read_in_normal_form(text: str, name: str, port: int | None) -> None:
    """Lower case, one trailing dot dropped, IPv6 in brackets, the port apart."""
    assert Host.parse(text) == Host(name, port)


@pytest.mark.parametrize("text", ["a:b:c", "[::1", "[::1]x", "api:http", "api:123456", "1:2:3"])
def test_what_is_no_host_stands_for_itself(text: str) -> None:
    """As a name without a port."""
    assert Host.parse(text.upper()) == Host(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.Example:80", "xn--bcher-kva.example"),
        (".bücher.example", ".xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("STRAẞE.Example.", "xn--strae-oqa.example"),
        ("faß.de:80", "xn--fa-hia.de"),
        ("strasse.example", "strasse.example"),
        ("bücher。example。", "xn--bcher-kva.example"),
        ("\uff21\uff30\uff29.bücher.example", "api.xn--bcher-kva.example"),
        ("☃.example", "xn--n3h.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.ü", "xn--bcher-kva.xn--tda"),
        ("\uff41\uff20\uff42.example", "\uff41\uff20\uff42.example"),
        ("\ud83d.example", "\ud83d.example"),
        ("ü" * 64 + ".example", "ü" * 64 + ".example"),
    ],
)
def test_a_unicode_host_has_the_name_that_clients_send(text: str, name: str) -> None:
    """A label that has no punycode stays as it is."""
    assert Host.parse(text).name == name


@given(st.text())
@example("::1%\n")
@example("İ:1")
def test_no_text_is_too_strange_for_a_host(text: str) -> None:
    """Garbage is kept, never an error."""
    host = Host.parse(text)
    assert host.port is None or 0 <= host.port <= 99999
    assert host.is_host(host)


@pytest.mark.parametrize(
    ("wanted", "agrees"),
    [
        ("[2001:db8::1]", True),
        ("[2001:db8::1]:8443", True),
        ("2001:db8::1", True),
        ("[2001:db8::1]:9000", False),
        ("[2001:db8::2]", False),
    ],
)
def test_an_ipv6_host_is_compared_without_its_port_unless_the_rule_names_one(
    wanted: str, agrees: bool
) -> None:
    """Colons of the address are not taken for the port's."""
    assert Host.parse(IPV6).is_host(Host.parse(wanted)) is agrees


def test_a_wanted_port_does_not_agree_with_an_unnamed_one() -> None:
    """The scheme and so the default port are unknown."""
    assert not Host.parse("api").is_host(Host.parse("api:443"))
    assert Host.parse("api:443").is_host(Host.parse("api"))


@pytest.mark.parametrize(
    ("host", "suffix", "ends"),
    [
        ("api.stripe.com", "stripe.com", True),
        ("notstripe.com", "stripe.com", True),
        ("notstripe.com", ".stripe.com", False),
        ("stripe.com", ".stripe.com", False),
        ("API.Stripe.com.", "STRIPE.COM.", True),
        ("api.stripe.com:443", "stripe.com", True),
        ("api.stripe.com:443", "stripe.com:443", True),
        ("api.stripe.com:80", "stripe.com:443", False),
        ("api.stripe.com", "stripe.com:443", False),
        ("stripe.com.evil.example", "stripe.com", False),
        ("www.bücher.example", ".bücher.example", True),
        (IPV6, "example.com", False),
        (IPV6, "::1]", True),
        (IPV6, "db8::1]:8443", True),
        (IPV6, ":8443", True),
        ("", "com", False),
    ],
)
def test_a_suffix_is_text_and_its_port_must_agree(host: str, suffix: str, ends: bool) -> None:
    """Labels do not count, case and a trailing dot neither."""
    assert Host.parse(host).ends_with(Host.parse(suffix)) is ends


@pytest.mark.parametrize("entry", ["stripe.com", ".stripe.com", "Stripe.COM."])
@pytest.mark.parametrize(
    ("host", "within"),
    [
        ("stripe.com", True),
        ("api.stripe.com:443", True),
        ("a.b.STRIPE.com", True),
        ("notstripe.com", False),
        ("stripe.com.evil.example", False),
        ("com", False),
        ("", False),
    ],
)
def test_a_domain_holds_itself_and_its_subdomains(host: str, entry: str, within: bool) -> None:
    """With or without a leading dot."""
    assert Host.parse(host).is_within(Host.parse(entry)) is within


def test_the_port_of_a_domain_must_agree() -> None:
    """As that of a host."""
    domain = Host.parse("stripe.com:443")
    assert Host.parse("api.stripe.com:443").is_within(domain)
    assert not Host.parse("api.stripe.com").is_within(domain)


@pytest.mark.parametrize("text", ["api.example.com", "[::1]:8443", ""])
def test_a_host_is_shown_as_it_is_written(text: str) -> None:
    """With the port where there is one."""
    assert str(Host.parse(text)) == text


def test_many_hosts_are_read_in_order() -> None:
    """One for each text."""
    assert Host.parse_all(["B", "a:1"]) == (Host("b"), Host("a", 1))
