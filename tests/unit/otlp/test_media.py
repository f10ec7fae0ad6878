import pytest

from app.errors import ApiError
from app.otlp.media import Media, answer_media, request_media


@pytest.mark.parametrize(
    ("content_type", "media"),
    [
        ("application/x-protobuf", Media.PROTOBUF),
        ("application/protobuf", Media.PROTOBUF),
        ("application/json", Media.JSON),
        ("Application/JSON; charset=utf-8", Media.JSON),
        (" application/x-protobuf ;messageType=x", Media.PROTOBUF),
    ],
)
def test_a_content_type_names_its_medium_whatever_its_case_and_parameters(
    content_type: str, media: Media
) -> None:
    """Both spellings of protobuf and JSON are known."""
    assert request_media(content_type) is media


@pytest.mark.parametrize(
    ("content_type", "received"),
    [
        ("", "none"),
        ("Text/Plain; charset=x", "`text/plain`"),
        ("application/*", "`application/*`"),
        ("json", "another"),
        (";", "none"),
    ],
)
def test_an_unknown_content_type_is_refused(content_type: str, received: str) -> None:
    """The error says what came, if that has the form of a type."""
    with pytest.raises(ApiError) as caught:
        request_media(content_type)
    assert caught.value.name == "unsupported_media_type"
    assert caught.value.message == (
        f"the content type must be application/x-protobuf or application/json, received {received}"
    )


@pytest.mark.parametrize("accept", ["", "*/*", "application/*", "text/html", "x/y;q=nonsense", ","])
@pytest.mark.parametrize("request_in", list(Media))
def test_an_accept_header_without_a_say_leaves_the_requests_own_medium(
    accept: str, request_in: Media
) -> None:
    """Neither wildcards nor unknown types choose between the two."""
    assert answer_media(accept, request_in) is request_in


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json", Media.JSON),
        ("application/x-protobuf", Media.PROTOBUF),
        ("application/json;q=0.4, application/x-protobuf;q=0.5", Media.PROTOBUF),
        ("application/json; charset=utf-8; Q=1.0, application/protobuf;q=0.9", Media.JSON),
        ("application/json, */*;q=0.1", Media.JSON),
        ("application/json;q=0, */*", Media.PROTOBUF),
    ],
)
@pytest.mark.parametrize("request_in", list(Media))
def test_an_accept_header_chooses_the_medium_it_likes_best(
    accept: str, media: Media, request_in: Media
) -> None:
    """Quality values decide, and the request's own medium has no say then."""
    assert answer_media(accept, request_in) is media


@pytest.mark.parametrize("request_in", list(Media))
def test_a_tie_leaves_the_requests_own_medium(request_in: Media) -> None:
    """The order of the header's types does not count."""
    assert answer_media("application/json, application/x-protobuf", request_in) is request_in
