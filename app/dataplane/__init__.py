"""The OTLP data plane: `/v1/inject` and `/v1/traces`, raw ASGI in front of the control API."""
