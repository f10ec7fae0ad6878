"""Pure: OTLP bytes to hops and spans, and answers to OTLP bytes, in protobuf and JSON."""
