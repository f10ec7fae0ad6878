"""Pure: JSONPath as RFC 9535 has it, over exact JSON values and within bounded work."""
