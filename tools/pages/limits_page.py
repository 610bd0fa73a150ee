"""docs/limits.md, from the settings and from the constants that hold the limits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from faceline.api.asgi import HttpRules
from faceline.api.sigv4 import WINDOW
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.engine.picture import WAITING
from faceline.jobs.idempotency import TOKEN_LIFE_MS as REQUEST_TOKEN_LIFE_MS
from faceline.jobs.work import MAX_ATTEMPTS
from faceline.notify.outbox import FIRST_PAUSE_MS, GIVE_UP_MS, LONGEST_PAUSE_MS
from faceline.results.token import TOKEN_LIFE_MS
from faceline.service.detect_faces import LARGEST_OBJECT_BYTES, MOST_FACES, SCORE_FLOOR, SMALLEST_SIDE_PX
from faceline.service.face_detection import LARGEST_PAGE
from faceline.settings import FIELDS
from faceline.vision.settings import DetectorSettings
from faceline.wire.constraints import Blob, Integer, Sequence, Structure, Text
from faceline.wire.requests import DETECT_FACES, GET_FACE_DETECTION, LARGEST_PICTURE_BYTES, START_FACE_DETECTION
from tools.pages.markdown import code, generated, number, table
from tools.pages.settings_page import UNITS, flag

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

NO_LIMITS = frozenset({"port"})
"""Settings that are numbers but bound nothing."""

INTRODUCTION = """
# Limits

"Service" is Amazon Rekognition, as its manual says or as its answers show; "-" where it has no such limit or its value
is not known. A limit with an option can be changed ([settings.md](settings.md)); one without is fixed. What happens
beyond a limit stands in [errors.md](errors.md).

"""


@dataclass(frozen=True, slots=True)
class Limit:
    """One row.

    ours      the value where no setting holds it, or what the setting's default means
    setting   the setting that holds it
    number    behaviour of the contract
    """

    what: str
    service: str
    ours: str = ""
    setting: str = ""
    number: str = ""
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """Cells of the table."""
        ours = self.ours or f"{number(FIELDS[self.setting].default)} {UNITS[self.setting]}"
        return (self.what, self.service, ours, code(flag(self.setting)) if self.setting else "", self.number, self.note)


VIDEOS = (
    Limit("size of a video", "10 GB", setting="max_video_bytes", number="B104"),
    Limit(
        "length of a video", "6 h", setting="max_video_hours", number="B104", note="known when the job opens the file"
    ),
    Limit("size of a frame", "-", setting="max_frame_pixels", note="an 8K frame with room"),
    Limit(
        "codecs",
        "H.264 in MP4 and MOV",
        ours="all that can be decoded safely",
        setting="codecs",
        number="B116",
        note="`h264` behaves as the service",
    ),
    Limit(
        "samples per second",
        f"{SERVICE_SAMPLE_RATE.per_second}, as seen in answers",
        ours=f"{SERVICE_SAMPLE_RATE.per_second}",
        number="B140",
        note="`faceline analyze --sample-rate` and the Python library take any rate",
    ),
)

JOBS = (
    Limit("open jobs of an account", "20", setting="max_open_jobs", number="B105", note="more are queued up to here"),
    Limit("results are kept", "7 days from the end", setting="retention_days", number="B117"),
    Limit(
        "elements of a page",
        "1,000",
        ours=number(LARGEST_PAGE),
        number="B130, B131",
        note="a larger MaxResults means this",
    ),
    Limit("a NextToken is good for", "24 h", ours=f"{TOKEN_LIFE_MS // HOUR_MS} h", number="B133"),
    Limit(
        "a ClientRequestToken is remembered", "7 days", ours=f"{REQUEST_TOKEN_LIFE_MS // DAY_MS} days", number="B106"
    ),
    Limit(
        "a completion message is tried for",
        "-",
        ours=f"{GIVE_UP_MS // HOUR_MS} h",
        number="B176",
        note=f"pauses grow from {FIRST_PAUSE_MS // 1000} s to {LONGEST_PAUSE_MS // 60_000} min",
    ),
)

PICTURES = (
    Limit("picture in the request", "5 MB", ours=f"{number(LARGEST_PICTURE_BYTES)} bytes", number="B88"),
    Limit("picture in a bucket", "15 MB", ours=f"{number(LARGEST_OBJECT_BYTES)} bytes", number="B164"),
    Limit("size of a picture", "-", setting="max_picture_pixels", number="B184"),
    Limit("shorter side of a picture", "80 px", ours=f"{SMALLEST_SIDE_PX} px", number="B183"),
    Limit("faces of a picture", "100, the largest", ours=f"{MOST_FACES}, the largest", number="B191"),
    Limit("Confidence of a face", "from 50", ours=f"from {100 * SCORE_FLOOR:g}", number="B193"),
    Limit(
        "smallest face",
        "40 px at 1920 x 1080",
        setting="min_face_px",
        ours=f"{DetectorSettings().smallest:g} px of the frame",
        number="B192",
        note="of DetectFaces; 40 behaves as the service",
    ),
    Limit("pictures that wait", "-", ours=str(WAITING), number="B53", note="one more gets ThrottlingException"),
    Limit("time for a picture", "-", setting="picture_timeout"),
)

_HTTP = HttpRules(loopback_only=True)
REQUESTS = (
    Limit(
        "body of a request", "-", ours=f"{number(_HTTP.largest_body)} bytes", number="B73", note="above it: status 413"
    ),
    Limit("time for a body to arrive", "-", ours=f"{_HTTP.body_timeout_s:g} s", note="then status 408"),
    Limit(
        "requests per second of an account",
        "a quota",
        ours="none",
        setting="requests_per_second",
        number="B242",
    ),
    Limit("requests at the same time", "-", ours=str(_HTTP.threads), note="more wait"),
    Limit("clock of a signature", "5 min each way", ours=f"{WINDOW.seconds // 60} min each way", number="B21, B22"),
)

WORK = (
    Limit("pieces of video analysed at the same time", "-", ours="one for each processor", setting="workers"),
    Limit("address space of a slot", "-", setting="slot_memory_mb"),
    Limit("time without progress before a slot is ended", "-", setting="sample_timeout"),
    Limit("silence before a worker's work goes to another", "-", setting="lease_seconds"),
    Limit("attempts at a piece of work", "-", ours=str(MAX_ATTEMPTS)),
)

SECTIONS = (
    ("Videos", VIDEOS),
    ("Jobs and results", JOBS),
    ("Pictures (DetectFaces)", PICTURES),
    ("Requests", REQUESTS),
    ("Work", WORK),
)

MEMBERS = """
## Members of requests

The constraints of the service model, the same here and there; a member that breaks one gets a ValidationException.
Lengths count characters, of Image.Bytes decoded bytes. A pattern is applied to the whole value.

"""


def page() -> str:
    """The whole page."""
    parts = [generated("the settings and the constants they name"), INTRODUCTION]
    header = ("limit", "service", "faceline", "option", "number", "")
    for title, limits in SECTIONS:
        parts += [f"## {title}\n\n", table(header, (limit.cells() for limit in limits)), "\n"]
    return "".join(parts).rstrip("\n") + "\n" + MEMBERS + table(("operation", "member", "rule"), _members())


def limited_settings() -> frozenset[str]:
    """The settings that stand on the page."""
    return frozenset(limit.setting for _, limits in SECTIONS for limit in limits if limit.setting)


def _members() -> Iterator[tuple[str, str, str]]:
    shapes = {
        "StartFaceDetection": START_FACE_DETECTION,
        "GetFaceDetection": GET_FACE_DETECTION,
        "DetectFaces": DETECT_FACES,
    }
    for operation, shape in shapes.items():
        for path, rule in _rules(shape, ""):
            yield operation, path, rule


def _rules(shape: Structure, parent: str) -> Iterator[tuple[str, str]]:
    for member in shape.members:
        path = f"{parent}{member.name}"
        words = ["required"] if member.required else []
        if isinstance(member.shape, Structure):
            if words:
                yield path, ", ".join(words)
            yield from _rules(member.shape, f"{path}.")
        else:
            yield path, ", ".join([*words, *_words(member.shape)])


def _words(shape: Text | Integer | Blob | Sequence) -> Iterable[str]:
    match shape:
        case Integer():
            return () if shape.smallest is None else (f"at least {shape.smallest}",)
        case Sequence():
            return ("each " + ", ".join(_words(shape.item)),)
        case Blob():
            return (_length(shape.shortest, shape.longest),)
        case Text():
            return (
                *((_length(shape.shortest, shape.longest),) if shape.longest is not None else ()),
                *((code(shape.pattern),) if shape.pattern else ()),
                *((f"one of {', '.join(shape.values)}",) if shape.values else ()),
            )


def _length(shortest: int | None, longest: int) -> str:
    return f"length {shortest or 0} to {number(longest)}"
