"""Captures: assembling the case document, closing a session, sinks and the sweeper."""
