"""Tests of the fast lane: that nobody can tell it from the plain one."""
