"""What an organisation may use: limits, what is used of them, and how callers are told. Pure."""
