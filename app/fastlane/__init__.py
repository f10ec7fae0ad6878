"""The fast lane: the plain case of the data plane, answered before there is an ASGI call.

It is quick because it does little: whatever is unusual about a request goes to the plain lane,
whose answers it gives byte for byte.
"""
