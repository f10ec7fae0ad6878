"""The documents that callers send: strict JSON, checked against the published schemas."""
