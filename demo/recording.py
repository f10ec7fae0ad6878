"""Rules from a case: for each call of the app, a rule that mocks it with what was recorded."""

from collections.abc import Iterator, Mapping
from typing import Any

RESPONSE_HEADER = "http.response.header."
# Headers of one connection, which the proxy writes itself.
FRAMING = ("connection", "content-length", "date", "keep-alive", "transfer-encoding")


def _plain(value: Mapping[str, Any]) -> Any:
    if "arrayValue" in value:
        return [_plain(item) for item in value["arrayValue"]["values"]]
    return int(value["intValue"]) if "intValue" in value else value.get("stringValue")


def _spans(case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The attributes of each span."""
    for trace in case["traces"]:
        for resource in trace["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    yield {item["key"]: _plain(item["value"]) for item in span["attributes"]}


def _response(hop: Mapping[str, Any]) -> dict[str, Any]:
    headers = {
        key.removeprefix(RESPONSE_HEADER): value
        for key, value in hop.items()
        if key.startswith(RESPONSE_HEADER) and key.removeprefix(RESPONSE_HEADER) not in FRAMING
    }
    response = {"status": hop["http.response.status_code"], "headers": headers}
    if "http.response.body" in hop:
        response["body"] = hop["http.response.body"]
    if encoding := hop.get("http.response.body.encoding"):
        response["bodyEncoding"] = encoding
    return response


def _rule(hop: Mapping[str, Any], number: int) -> dict[str, Any]:
    when = {
        "direction": "outbound",
        "method": hop["http.request.method"],
        "host": hop["url.host"],
        "path": hop["url.path"],
    }
    return {
        "id": f"recorded-{number}",
        "when": when,
        "then": {"action": "mock", "response": _response(hop)},
    }


def mock_rules(case: Mapping[str, Any]) -> dict[str, Any]:
    """A rules document that answers the app's own calls as the case has them."""
    hops = [hop for hop in _spans(case) if hop["sp.traffic.direction"] == "outbound"]
    return {"version": 1, "rules": [_rule(hop, number) for number, hop in enumerate(hops, 1)]}
