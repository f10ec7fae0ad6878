"""`make demo`: capture an app's traffic through Envoy, then replay it with the upstream gone."""
