"""The JSON control API: thin handlers that parse, call and answer."""
