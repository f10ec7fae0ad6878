from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.fingerprint import fingerprint
from app.hop.model import Hop

HOP = Hop(
    method="POST", authority="api.example.com:443", target="/v1/a%2Fb?x=1", body=b'{"a":1,"b":2}'
)


@pytest.mark.parametrize(
    "same",
    [
        replace(HOP, method="post"),
        replace(HOP, authority="API.example.com."),
        replace(HOP, target="/v%31/a%2fb?y=2"),
        replace(HOP, body=b'{ "b": 2.0, "a": 1e0 }'),
        replace(HOP, session_id="s", direction="inbound", service="api", tags={"a": 1}),
        replace(HOP, headers={"x-request-id": ("7",)}),
    ],
)
def test_a_fingerprint_is_stable_in_all_spellings(same: Hop) -> None:
    """Port, query, headers and session do not count."""
    assert fingerprint(same) == fingerprint(HOP)


@pytest.mark.parametrize(
    "other",
    [
        replace(HOP, method="PUT"),
        replace(HOP, authority="api.example.org"),
        replace(HOP, target="/v1/a/b"),
        replace(HOP, body=b'{"a":1,"b":"2"}'),
        replace(HOP, body=b""),
    ],
)
def test_each_of_method_host_path_and_body_counts(other: Hop) -> None:
    """Another one has another fingerprint."""
    assert fingerprint(other) != fingerprint(HOP)


def test_a_fingerprint_does_not_change_between_releases() -> None:
    """People keep it: in dashboards and lists of known misses."""
    assert fingerprint(HOP) == "b1832934d3f5b1d687e5507a7bdf63c92de320050023f62d1d18dfbc09715d73"


@given(st.text(), st.text(), st.text(), st.binary())
def test_every_hop_has_a_fingerprint(method: str, host: str, target: str, body: bytes) -> None:
    """Sixty-four hex digits."""
    hop = Hop(method=method, authority=host, target=target, body=body)
    assert len(bytes.fromhex(fingerprint(hop))) == 32
