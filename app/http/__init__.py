"""The HTTP edge before both APIs: connections, limits, tokens, bodies, request ids, refusals."""
