"""DetectFaces in domain terms."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from faceline.domain.face import Face, PictureFaces, is_large_enough, order_of_faces
from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import FaceAttributes, ObjectRef
from faceline.domain.ports import Source

LARGEST_OBJECT_BYTES = 15_728_640
"""15 MB (B164); bytes in the request have their own, smaller limit (B88)."""

SMALLEST_SIDE_PX = 80
"""A picture must be at least 80 x 80 pixels (B183)."""

MOST_FACES = 100
"""The largest hundred are given (B191)."""

SCORE_FLOOR = 0.5
"""Faces that are less likely than not are not given (B193)."""


class Pictures(Protocol):
    """Whoever analyses a picture: the client of the picture process."""

    def analyse(self, picture: bytes, attributes: FaceAttributes) -> PictureFaces:
        """Raises Refused(PICTURE_UNREADABLE, PICTURE_TOO_LARGE, PARAMETER, THROTTLED or BROKEN)."""
        ...


@dataclass(frozen=True, slots=True)
class PictureRules:
    """The operator's choices for pictures.

    min_face_px   faces whose shorter side is smaller are left out, pixels at 1080p scaled to the picture; 0 for none
    waiting       pictures that may be in work or wait at the same time; one more is refused as ThrottlingException
    """

    min_face_px: int = 0
    waiting: int = 64


class DetectFaces:
    """The operation on pictures. Nothing is stored (B189)."""

    def __init__(self, source: Source, pictures: Pictures, rules: PictureRules) -> None:
        self._source = source
        self._pictures = pictures
        self._rules = rules
        self._places = threading.BoundedSemaphore(rules.waiting)

    def detect(self, content: bytes | None, stored: ObjectRef | None, attributes: FaceAttributes) -> tuple[Face, ...]:
        """Faces of a picture, largest first, at most 100 (B190, B191).

        content, stored   exactly one of them (B180)
        attributes        ALL when anything beyond the DEFAULT members is to be shown
        Raises            Refused(PARAMETER, OBJECT_MISSING, OBJECT_EMPTY, PICTURE_TOO_LARGE, PICTURE_UNREADABLE,
                          THROTTLED or BROKEN).
        """
        with self._place():
            picture = self._picture(content, stored)
            found = self._pictures.analyse(picture, attributes)
        if min(found.width, found.height) < SMALLEST_SIDE_PX:
            raise Refused(RequestFault.PARAMETER, f"{found.width} x {found.height} px")
        least = self._rules.min_face_px
        shown = [
            face
            for face in found.faces
            if face.score >= SCORE_FLOOR and is_large_enough(face.box, found.width, found.height, least)
        ]
        return tuple(sorted(shown, key=order_of_faces)[:MOST_FACES])

    def _picture(self, content: bytes | None, stored: ObjectRef | None) -> bytes:
        if content is not None and stored is None:
            return content
        if stored is None or content is not None:
            raise Refused(RequestFault.PARAMETER)
        picture = self._source.fetch(stored, LARGEST_OBJECT_BYTES)
        if not picture:
            raise Refused(RequestFault.OBJECT_EMPTY)
        return picture

    @contextmanager
    def _place(self) -> Iterator[None]:
        """A place among the pictures in work: the queue is short, so that a caller is told early (B53)."""
        if not self._places.acquire(blocking=False):
            raise Refused(RequestFault.THROTTLED)
        try:
            yield
        finally:
            self._places.release()
