"""Bytes to operation to bytes: the HTTP side of the service."""
