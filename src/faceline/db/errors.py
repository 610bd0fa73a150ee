"""How the database fails towards the rest of the program."""

from faceline.domain.faults import Unusable


class DatabaseUnusable(Unusable):
    """The database cannot be opened at all. The text is one line for the operator, without passwords."""


class DatabaseUnavailable(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The database did not answer, or stayed locked for too long. Trying again later may help."""


class LeaseLost(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The work belongs to somebody else now, or its job has ended. Nothing was written; stop working on it."""
