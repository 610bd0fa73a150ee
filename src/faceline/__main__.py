"""`python -m faceline` is the command `faceline`."""

from faceline.cli import main

main()
