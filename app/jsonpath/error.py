"""The error of a text that is no JSONPath."""


class JsonPathError(ValueError):
    """A text is not a JSONPath; the message is one clause that names the place."""
