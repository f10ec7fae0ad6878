import pytest

from app.redaction.form import Fields, redact_form, redact_query, redact_target

MARK = "%5Bredacted%5D"


def _is_token(name: str) -> bool:
    return name == "token"


TOKEN = Fields(_is_token)


@pytest.mark.parametrize(
    ("query", "redacted"),
    [
        ("token=s", f"token={MARK}"),
        ("a=1&token=s&b=%20+&token=t", f"a=1&token={MARK}&b=%20+&token={MARK}"),
        ("%74oken=s%26", f"%74oken={MARK}"),
        ("token=", f"token={MARK}"),
        ("token", "token"),
        ("token=a=b", f"token={MARK}"),
        ("tokens=s&Token=s", "tokens=s&Token=s"),
        ("", ""),
        ("&&=&%", "&&=&%"),
        ("ü=1&token=ü", f"ü=1&token={MARK}"),
    ],
)
def test_a_named_parameter_loses_its_value_each_time(query: str, redacted: str) -> None:
    """Its name is compared decoded; everything else stays as it was written."""
    assert redact_query(query, TOKEN) == redacted


@pytest.mark.parametrize(
    ("target", "redacted"),
    [
        ("/a?token=s", f"/a?token={MARK}"),
        ("https://h/a?token=s&x=1#f", f"https://h/a?token={MARK}&x=1#f"),
        ("/a?x#token=s", f"/a?x#token={MARK}"),
        ("/token=s", "/token=s"),
        ("?token=s", f"?token={MARK}"),
    ],
)
def test_a_url_is_redacted_behind_its_question_mark(target: str, redacted: str) -> None:
    """In the query and behind the hash."""
    assert redact_target(target, TOKEN) == redacted


def test_a_form_that_is_no_text_keeps_its_other_bytes() -> None:
    """Whatever they are."""
    assert redact_form(b"\xff=\xfe&token=\xff", TOKEN) == b"\xff=\xfe&token=" + MARK.encode()
