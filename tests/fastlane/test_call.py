"""Who may begin a call of the fast lane."""

from typing import Any, cast

from app.fastlane.protocol import FastProtocol
from app.http.caller import Caller
from app.otlp.media import Media
from bench import traffic
from tests.fastlane.test_cost import SESSION, Bench


async def test_of_a_project_no_session_is_looked_for_that_is_not_at_hand() -> None:
    """It may be another's, which shall take no longer than an unknown one, nor live on for it."""
    request = traffic.http_request("/v1/inject", traffic.inject(SESSION), Media.PROTOBUF)
    body_at = request.find(b"\r\n\r\n") + 4
    for project, is_taken in (("web", False), ("", True)):
        bench = Bench(1)
        head = bench._lane._heads.read(request[:body_at])
        assert head
        call: Any = head.call.take
        connection = cast("FastProtocol", bench.connection)
        caller = Caller("acme", "key_1", "ci", project)
        assert call.begin(connection, request, body_at, caller, b"") == is_taken
        if is_taken:
            await bench.answered(1)
