"""Measurements: each is a command that prints or writes JSON; none is a test."""
