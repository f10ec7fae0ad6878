"""The filter in a real Envoy, beside an app and a runtime that the tests control."""
