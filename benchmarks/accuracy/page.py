"""Draws docs/accuracy.md and its plots from the result files."""

from pathlib import Path


def write(folder: Path, default: str) -> None:
    """Write the page."""
    raise NotImplementedError(folder, default)
