"""Which networks were trained on pictures that they are tested on here. Such figures are shown and do not count."""

from benchmarks.accuracy.setups import Setup

CONVERTED = {
    "age_utkface": "agegender was trained on UTKFace, these pictures included",
    "emotions_ferplus": "the network emotion was trained on FER2013, these pictures included",
}


def taint(setup: Setup, set_name: str) -> str:
    """Why figures of a set do not count for age, gender or emotions; empty where they do."""
    return CONVERTED.get(set_name, "") if setup.appearance == "converted" else ""
