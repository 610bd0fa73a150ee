"""Which weights an installation may use."""

from enum import StrEnum


class WeightsProfile(StrEnum):
    """What is known of a file's licence and training data; and, chosen by an operator, which files may be loaded.

    RESEARCH     of a file: made from pictures that were published for research; chosen: every file may be loaded
    PERMISSIVE   of a file: licence and known training data allow commercial use; chosen: such files alone
    """

    RESEARCH = "research"
    PERMISSIVE = "permissive"

    def admits(self, file: "WeightsProfile") -> bool:
        """Whether a file of that profile may be loaded under this choice."""
        return self is WeightsProfile.RESEARCH or file is WeightsProfile.PERMISSIVE
