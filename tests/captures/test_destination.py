"""The path of a case file by the template."""

from pathlib import Path

import pytest

from app.captures.destination import Destination

CREATED = 1_776_679_200_000  # 2026-04-20T10:00:00Z


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/cases/captured-{sessionId}.case.json", "/cases/captured-s1.case.json"),
        ("/c/{org}/{date}/{sessionId}.json", "/c/acme/2026-04-20/s1.json"),
        ("file:///cases/{sessionId}.json", "/cases/s1.json"),
        ("s3://bucket/{org}/{sessionId}.json", "s3://bucket/acme/s1.json"),
        ("gs://bucket/my%20cases/{sessionId}", "gs://bucket/my%20cases/s1"),
        ("azblob://container/{date}/{sessionId}", "azblob://container/2026-04-20/s1"),
        ("file://localhost/my%20cases/{sessionId}.json", "/my cases/s1.json"),
    ],
)
def test_the_template_names_the_file(template: str, path: str) -> None:
    """Each placeholder is filled in; a file URL is a path, an object's stays as it is."""
    assert Destination(template).path("acme", "s1", CREATED) == path


def test_a_relative_template_gives_an_absolute_path() -> None:
    """The answer of a close can be opened from anywhere."""
    path = Destination("cases/{sessionId}.json").path("acme", "s1", CREATED)
    assert path == str(Path.cwd() / "cases" / "s1.json")
