"""The whole product at work."""
