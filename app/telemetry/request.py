"""The request that is being served, for every log line that is written on its way."""

from contextvars import ContextVar

# Empty outside a request.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
# Empty where tracing is off, too.
TRACE_ID: ContextVar[str] = ContextVar("trace_id", default="")
