"""The store: Redis connection, key names, Lua scripts, sessions and the embedded server."""
