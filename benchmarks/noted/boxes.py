"""Comparing boxes."""

from collections.abc import Sequence

from faceline.domain.face import Box, Face


def iou(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.area + other.area - shared)


def matched(ours: Sequence[Face], theirs: Sequence[Face], at_least: float) -> list[tuple[Face, Face, float]]:
    """Pairs of faces, best overlap first, each face once."""
    pairs = sorted(
        ((iou(one.box, other.box), i, j) for i, one in enumerate(ours) for j, other in enumerate(theirs)), reverse=True
    )
    used_ours, used_theirs = set[int](), set[int]()
    found = []
    for overlap, i, j in pairs:
        if overlap >= at_least and i not in used_ours and j not in used_theirs:
            used_ours.add(i)
            used_theirs.add(j)
            found.append((ours[i], theirs[j], overlap))
    return found
