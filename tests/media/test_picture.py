"""Pictures of every mode and way to be stored, and those that are refused."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.Image import Exif

from faceline.domain.faults import Refused, RequestFault
from faceline.media.picture import decode_picture
from tests.media.clips import RGB, draw, marks_error, read_number

LIMIT = 1_000_000


def stored(image: Image.Image, kind: str, **options: object) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def board(number: int = 5, width: int = 160, height: int = 96) -> Image.Image:
    return Image.fromarray(draw(number, width, height))


def fault_of(data: bytes, limit: int = LIMIT) -> RequestFault:
    with pytest.raises(Refused) as raised:
        decode_picture(data, limit)
    return raised.value.fault


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"),
     ("PNG", "LA"), ("PNG", "1")],
)  # fmt: skip
def test_every_mode_becomes_rgb(kind: str, mode: str) -> None:
    picture = decode_picture(stored(board().convert(mode), kind), LIMIT)
    assert picture.shape == (96, 160, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    if mode in ("RGB", "CMYK", "RGBA"):
        assert marks_error(picture) < 12
        assert read_number(picture) == 5


def test_progressive_and_optimised_jpeg() -> None:
    assert read_number(decode_picture(stored(board(77), "JPEG", progressive=True, optimize=True), LIMIT)) == 77


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_a_jpeg(orientation: int) -> None:
    """What a camera stores for each value of the tag, so that the upright board comes out."""
    lay_down: dict[int, Callable[[RGB], RGB]] = {
        1: lambda image: image,
        2: lambda image: image[:, ::-1],
        3: lambda image: image[::-1, ::-1],
        4: lambda image: image[::-1],
        5: lambda image: image.transpose(1, 0, 2),
        6: np.rot90,
        7: lambda image: np.rot90(image[:, ::-1], -1).copy(),
        8: lambda image: np.rot90(image, -1),
    }
    image = Image.fromarray(np.ascontiguousarray(lay_down[orientation](draw(9, 160, 96))))
    exif = Exif()
    exif[0x0112] = orientation
    picture = decode_picture(stored(image, "JPEG", exif=exif, quality=95), LIMIT)
    assert picture.shape == (96, 160, 3)
    assert read_number(picture) == 9


def test_exif_does_not_turn_a_png() -> None:
    exif = Exif()
    exif[0x0112] = 6
    assert decode_picture(stored(board(), "PNG", exif=exif), LIMIT).shape == (96, 160, 3)


@pytest.mark.parametrize(
    "notes", [b"Exif\x00\x00", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00MM\x00*" + bytes(4)]
)
def test_broken_exif_does_not_matter(notes: bytes) -> None:
    assert read_number(decode_picture(stored(board(), "JPEG", exif=notes, quality=95), LIMIT)) == 5


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    grey = (np.arange(160 * 96, dtype=np.uint16).reshape(96, 160) * 4).astype(np.uint16)
    picture = decode_picture(stored(Image.fromarray(grey), "PNG"), LIMIT)
    assert np.array_equal(picture[..., 0], (grey >> 8).astype(np.uint8))


def test_transparent_parts_are_white() -> None:
    image = board().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    assert decode_picture(stored(image, "PNG"), LIMIT).min() == 255
    keyed = Image.new("RGB", (100, 100), (10, 20, 30))
    assert decode_picture(stored(keyed, "PNG", transparency=(10, 20, 30)), LIMIT).min() == 255


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_other_formats_are_refused(kind: str) -> None:
    assert fault_of(stored(board(), kind)) is RequestFault.PICTURE_UNREADABLE


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"hello", b"\xff\xd8\xff" + bytes(99)]
)
def test_no_picture_at_all(data: bytes) -> None:
    assert fault_of(data) is RequestFault.PICTURE_UNREADABLE


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_truncated_pictures_are_refused(kind: str) -> None:
    data = stored(Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)), kind)
    for share in (0.05, 0.3, 0.6, 0.95):
        assert fault_of(data[: int(share * len(data))]) is RequestFault.PICTURE_UNREADABLE


def test_sides_under_80_pixels_are_refused() -> None:
    assert fault_of(stored(board(width=79, height=200), "JPEG")) is RequestFault.PARAMETER
    assert fault_of(stored(board(width=200, height=79), "PNG")) is RequestFault.PARAMETER
    assert decode_picture(stored(board(width=80, height=80), "PNG"), LIMIT).shape == (80, 80, 3)


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    """A bomb: 50,000 x 50,000 pixels claimed in 50 bytes of header."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )
    assert fault_of(bomb, 100_000_000) is RequestFault.PICTURE_TOO_LARGE
    assert fault_of(stored(board(), "JPEG"), 160 * 96 - 1) is RequestFault.PICTURE_TOO_LARGE
    assert decode_picture(stored(board(), "JPEG"), 160 * 96).shape == (96, 160, 3)


def test_any_damage_is_a_refusal_or_a_picture() -> None:
    chance = np.random.default_rng(3)
    for kind in ("JPEG", "PNG"):
        data = np.frombuffer(stored(board(), kind), np.uint8)
        for _ in range(150):
            broken = data.copy()
            broken[chance.integers(0, len(data), chance.integers(1, 20))] = chance.integers(0, 256)
            try:
                picture = decode_picture(broken.tobytes(), LIMIT)
            except Refused:
                continue
            assert picture.ndim == 3
