"""Facts as stored bytes: a fixed record of float32 per face, with a version, compressed. Reading runs nothing.

A body is a version byte and a zstd frame around

    header    form (0 DEFAULT, 1 ALL, 2 ALL but with gaze alone), tracks (0 or 1), number of samples, time base as two
              integers
    samples   for each: pts, number of faces
    faces     for each face of each sample, in order: its record of float32
    tracks    for each face: its track, if the header says so

All values are rounded to float32, as the service itself states them; reading gives those back exactly.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction

import zstandard

from faceline.domain.face import (
    EMOTIONS,
    LANDMARK_TYPES,
    Attributes,
    Box,
    Face,
    Gaze,
    Point,
    Pose,
    Quality,
)
from faceline.domain.video import FrameTime, SampleFaces

VERSION = 1

_LEVEL = 1
_LANDMARKS = len(LANDMARK_TYPES)
_EMOTIONS = len(EMOTIONS)
_HEADER = struct.Struct("<BB2xIqq")
_SAMPLE = struct.Struct("<qI")
_BASE_VALUES = 4 + 1 + 3 + 2 + 2 * _LANDMARKS
_ATTRIBUTE_VALUES = 11 + _EMOTIONS
_GAZE_VALUES = 3
_DEFAULT = struct.Struct(f"<{_BASE_VALUES}f")
_ALL = struct.Struct(f"<{_BASE_VALUES + _ATTRIBUTE_VALUES + _GAZE_VALUES}f")
_MESH_ALONE = struct.Struct(f"<{_BASE_VALUES + _GAZE_VALUES}f")
_FORMS = (_DEFAULT, _ALL, _MESH_ALONE)


class UnreadableFacts(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """Stored bytes are not facts of a version that this program knows."""


def pack(samples: Sequence[SampleFaces]) -> bytes:
    """Bytes for samples of one video: one time base, all faces in one form, all with tracks or none.

    Raises ValueError for no samples, a mixture, a missing landmark, or a value that is not a finite float32.
    """
    if not samples:
        raise ValueError("a part of a span holds at least one sample")
    time_base = samples[0].time.time_base
    faces = [face for sample in samples for face in sample.faces]
    form = _form_of(faces[0]) if faces else 0
    tracks = [track for sample in samples for track in sample.tracks]
    if tracks and any(len(sample.tracks) != len(sample.faces) for sample in samples):
        raise ValueError("a face has no track although others have one")
    parts = [_HEADER.pack(form, bool(tracks), len(samples), time_base.numerator, time_base.denominator)]
    for sample in samples:
        if sample.time.time_base != time_base:
            raise ValueError("samples of one part have one time base")
        parts.append(_SAMPLE.pack(sample.time.pts, len(sample.faces)))
    parts += [_pack_face(face, form) for face in faces]
    parts.append(struct.pack(f"<{len(tracks)}I", *tracks))
    return bytes([VERSION]) + zstandard.ZstdCompressor(level=_LEVEL).compress(b"".join(parts))


def unpack(body: bytes) -> tuple[SampleFaces, ...]:
    """The samples that were packed. Raises UnreadableFacts for anything else."""
    if body[:1] != bytes([VERSION]):
        raise UnreadableFacts(f"facts of version {body[:1].hex() or 'none'}; this program reads version {VERSION}")
    try:
        return tuple(_unpack(zstandard.ZstdDecompressor().decompress(body[1:])))
    except (zstandard.ZstdError, struct.error, IndexError, ZeroDivisionError) as error:
        raise UnreadableFacts(f"damaged facts: {error}") from error


def _unpack(raw: bytes) -> Iterator[SampleFaces]:
    form, tracked, n_samples, numerator, denominator = _HEADER.unpack_from(raw)
    time_base = Fraction(numerator, denominator)
    record = _FORMS[form]
    table = [_SAMPLE.unpack_from(raw, _HEADER.size + i * _SAMPLE.size) for i in range(n_samples)]
    n_faces = sum(n for _, n in table)
    face_at = _HEADER.size + n_samples * _SAMPLE.size
    tracks_at = face_at + n_faces * record.size
    tracks = struct.unpack_from(f"<{n_faces}I", raw, tracks_at) if tracked else ()
    if len(raw) != tracks_at + 4 * len(tracks):
        raise UnreadableFacts(f"damaged facts: {len(raw)} bytes, {tracks_at + 4 * len(tracks)} expected")
    done = 0
    for pts, n in table:
        faces = tuple(_unpack_face(record.unpack_from(raw, face_at + i * record.size)) for i in range(done, done + n))
        yield SampleFaces(FrameTime(pts, time_base), faces, tracks[done : done + n])
        done += n


def _form_of(face: Face) -> int:
    """The place in `_FORMS` of what a face has."""
    if face.gaze is None:
        if face.attributes is not None:
            raise ValueError("a face has attributes and no gaze")
        return 0
    return 2 if face.attributes is None else 1


def _pack_face(face: Face, form: int) -> bytes:
    if len(face.landmarks) != _LANDMARKS:
        raise ValueError(f"a face has {len(face.landmarks)} landmarks instead of {_LANDMARKS}")
    box, pose, quality = face.box, face.pose, face.quality
    values = [box.left, box.top, box.width, box.height, face.score]
    values += [pose.roll_deg, pose.yaw_deg, pose.pitch_deg, quality.brightness, quality.sharpness]
    for point in face.landmarks:
        values += (point.x, point.y)
    if _form_of(face) != form:
        raise ValueError("some faces have attributes and some have none")
    if face.attributes is not None:
        values += _attribute_values(face.attributes)
    if face.gaze is not None:
        values += (face.gaze.yaw_deg, face.gaze.pitch_deg, face.gaze.score)
    if not all(map(math.isfinite, values)):
        raise ValueError("a face holds a value that is not a finite number")
    try:
        return _FORMS[form].pack(*values)
    except OverflowError as error:
        raise ValueError("a face holds a value beyond float32") from error


def _attribute_values(a: Attributes) -> list[float]:
    if len(a.emotions) != _EMOTIONS:
        raise ValueError(f"a face has {len(a.emotions)} emotions instead of {_EMOTIONS}")
    values = [a.age_years, a.age_spread, a.male, a.smile, a.eyeglasses, a.sunglasses, a.beard, a.mustache]
    return [*values, a.eyes_open, a.mouth_open, a.occluded, *a.emotions]


def _unpack_face(v: tuple[float, ...]) -> Face:
    xy, rest = v[10:_BASE_VALUES], v[_BASE_VALUES:]
    return Face(
        box=Box(*v[:4]),
        score=v[4],
        landmarks=tuple(map(Point, xy[::2], xy[1::2])),
        pose=Pose(*v[5:8]),
        quality=Quality(*v[8:10]),
        attributes=_unpack_attributes(rest) if len(rest) > _GAZE_VALUES else None,
        gaze=Gaze(*rest[-_GAZE_VALUES:]) if rest else None,
    )


def _unpack_attributes(v: tuple[float, ...]) -> Attributes:
    age_years, age_spread, male, smile, eyeglasses, sunglasses, beard, mustache, eyes_open, mouth_open, occluded = v[
        :11
    ]
    return Attributes(
        age_years=age_years,
        age_spread=age_spread,
        male=male,
        smile=smile,
        eyeglasses=eyeglasses,
        sunglasses=sunglasses,
        beard=beard,
        mustache=mustache,
        eyes_open=eyes_open,
        mouth_open=mouth_open,
        occluded=occluded,
        emotions=v[11 : 11 + _EMOTIONS],
    )
