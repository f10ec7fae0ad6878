"""Tests of `app.otlp`."""
