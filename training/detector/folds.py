"""The two halves of the face-free pictures of `stills/noface`, for networks that are judged on pictures they never saw.

A network of fold k is trained and calibrated without half k. The set has one picture a class and no near-duplicates
(each picture is a group of its own), so the halves go by the names of the files.
"""

import hashlib

FOLDS = (0, 1)


def half_of(file: str) -> int:
    """Return 0 or 1 by the SHA-256 of the file's name; the split train, val or test has no say."""
    return hashlib.sha256(file.encode()).digest()[0] % len(FOLDS)
