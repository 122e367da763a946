"""Helpers for the tests of all apps."""
