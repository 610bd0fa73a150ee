"""Which networks were trained on pictures that they are tested on here. Such figures are shown and do not count."""

from benchmarks.accuracy.setups import Setup

AGEGENDER = "agegender was trained on UTKFace, these pictures included"
CONVERTED = {
    ("age_utkface", "age"): AGEGENDER,
    ("age_utkface", "gender"): AGEGENDER,
    ("emotions_ferplus", "emotions"): "the network emotion was trained on FER2013, these pictures included",
}
OWN = {("age_utkface", "gender"): AGEGENDER}
"""The own reader asks agegender for gender alone."""


def taint(setup: Setup, set_name: str, asked: str) -> str:
    """Why figures of a set do not count for `asked`: age, gender or emotions; empty where they do."""
    return (CONVERTED if setup.appearance == "converted" else OWN).get((set_name, asked), "")
