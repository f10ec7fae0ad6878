import base64
import gzip

import pytest

from app.jsonpath.path import JsonPath
from app.redaction.body import WHOLE, BodyRedaction

FORM = "application/x-www-form-urlencoded"
SECRET = "hunter2SECRET"


def _redacted(body: bytes, types: tuple[str, ...] = (FORM,), coding: str = "") -> bytes:
    paths = (JsonPath.parse("$.password"),)
    return BodyRedaction(paths, types, (coding,) if coding else ()).redact(body)


@pytest.mark.parametrize(
    "body",
    [
        f'{{"password":"{SECRET}",}}',
        f'{{"password":"{SECRET}","a":',
        f'{{"password":"{SECRET}","x":NaN}}',
        f'{{"password":"{SECRET}"}}\n{{"password":"{SECRET}"}}',
        f'payload={{"password":"{SECRET}"}}',
        f"user[password]={SECRET}",
        f"user%5Bpassword%5D={SECRET}",
        f"user.password={SECRET}",
        f"a=1;password={SECRET}",
        f"a=1\r\npassword={SECRET}",
        f"\ufeffpassword={SECRET}",
        f"a=1& password={SECRET}",
        f"a=1&+password={SECRET}",
        f"%2570assword={SECRET}",
        f"password: {SECRET}",
        f'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n--x--',
        SECRET,
        f"a=%7&password={SECRET}",
        base64.b64encode(f'{{"password":"{SECRET}"}}'.encode()).decode(),
    ],
)
def test_what_only_claims_to_be_a_form_goes_whole(body: str) -> None:
    """Wherever a path might have found something in it."""
    assert _redacted(body.encode()) == WHOLE


@pytest.mark.parametrize(
    "value",
    [
        "%7B%22password%22%3A%22s%22%7D",
        "%257B%2522password%2522%253A1%257D",
        "/login?password%3Ds",
        base64.b64encode(b'{"password":"s"}').decode().rstrip("="),
        "%1f%8b%08",
    ],
)
def test_a_field_that_may_hold_a_document_goes_with_those_that_are_named(value: str) -> None:
    """The fields around it stay."""
    assert _redacted(f"a=b%20c&p={value}&x=a%2B1%3D".encode()) == (
        b"a=b%20c&p=%5Bredacted%5D&x=a%2B1%3D"
    )


def test_a_form_behind_a_coding_that_could_not_be_undone_goes_whole() -> None:
    """Cut short, or in a coding that nobody here reads."""
    assert _redacted(b"x=1&y=2", coding="br") == WHOLE
    cut = gzip.compress(b"password=" + SECRET.encode())[:-4]
    assert gzip.decompress(_redacted(cut, coding="gzip")) == WHOLE


def test_a_form_under_two_types_goes_whole() -> None:
    """Nobody knows as which it was read."""
    assert _redacted(b"x=1", types=("text/plain", FORM)) == WHOLE
