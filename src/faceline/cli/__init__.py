"""The command line: the composition root. Each command imports the libraries of its role inside itself."""

from faceline.cli.main import main

__all__ = ["main"]
