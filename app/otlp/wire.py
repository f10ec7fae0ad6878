"""Messages to bytes, in the medium that the caller reads."""

from google.protobuf.message import Message

from app.otlp.json_writer import json_bytes
from app.otlp.media import Media


def encode(message: Message, media: Media) -> bytes:
    """The bytes of a message in a medium."""
    return message.SerializeToString() if media is Media.PROTOBUF else json_bytes(message)
