"""The API as it runs, with everything real but the bytes of objects and the analysis of pictures and frames."""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from faceline.api.accounts import AccessKey
from faceline.api.asgi import Application, HttpRules
from faceline.api.http import build_app
from faceline.api.server import uvicorn_server
from faceline.db.engine import Database, open_database
from faceline.domain.face import Attributes, Box, Face, Gaze, PictureFaces, Point, Pose, Quality
from faceline.domain.faults import JobFault, Refused, RequestFault
from faceline.domain.job import FaceAttributes, Job, Lease, ObjectPin, ObjectRef, WorkKind
from faceline.domain.ports import ByteStream
from faceline.domain.video import ColorRange, FrameTime, SampleFaces, Span, VideoFacts, VideoPlan
from faceline.jobs.lease import Leases
from faceline.jobs.ledger import Ledger
from faceline.jobs.queue import JobQueue
from faceline.jobs.retention import Retention
from faceline.notify.outbox import Deliveries
from faceline.results.facts import pack
from faceline.results.pages import PageReader, PageWriter
from faceline.results.store import FactStore
from faceline.results.token import PageTokens
from faceline.service.detect_faces import DetectFaces, PictureRules
from faceline.service.face_detection import FaceDetection, VideoRules
from faceline.service.metrics import Metrics
from faceline.wire.faces import face_fragment, video_form

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
MILLISECONDS = Fraction(1, 1000)
FACTS = VideoFacts("h264", "QuickTime / MOV", 7415, 59.87440872192383, 1080, 1920, ColorRange.LIMITED)


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def milliseconds(self) -> int:
        """For the database."""
        return round(self.now.timestamp() * 1000)

    def seconds(self) -> float:
        """For rates."""
        return self.now.timestamp()

    def move(self, **step: float) -> None:
        """Let time pass, as `timedelta` takes it."""
        self.now += timedelta(**step)


class Objects:
    """A store in memory: (bucket, key) to its versions, the last being the newest."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], list[bytes]] = {}
        self.sizes: dict[tuple[str, str], int] = {}
        self.broken = False

    def put(self, bucket: str, key: str, content: bytes, size: int | None = None) -> None:
        """One more version; `size` pretends that the object is larger than it is."""
        self.versions.setdefault((bucket, key), []).append(content)
        if size is not None:
            self.sizes[bucket, key] = size

    def pin(self, ref: ObjectRef) -> ObjectPin:
        """See `Source.pin`."""
        content = self._content(ref)
        return ObjectPin(f"etag-{hash(content)}", self.sizes.get((ref.bucket, ref.key), len(content)), ref.version)

    def open(self, ref: ObjectRef, pin: ObjectPin) -> ByteStream:
        """See `Source.open`."""
        assert pin.size >= 0
        return io.BytesIO(self._content(ref))

    def fetch(self, ref: ObjectRef, limit: int) -> bytes:
        """See `Source.fetch`."""
        content = self._content(ref)
        if self.sizes.get((ref.bucket, ref.key), len(content)) > limit:
            raise Refused(RequestFault.PICTURE_TOO_LARGE)
        return content

    def _content(self, ref: ObjectRef) -> bytes:
        if self.broken:
            raise RuntimeError("the store's library has a bug: secret detail")
        versions = self.versions.get((ref.bucket, ref.key), [])
        number = len(versions) if ref.version is None else int(ref.version) if ref.version.isdecimal() else 0
        if not 0 < number <= len(versions):
            raise Refused(RequestFault.OBJECT_MISSING, "operator's detail")
        return versions[number - 1]


class Pictures:
    """Stands for the picture process: finds what a test says, or refuses."""

    def __init__(self) -> None:
        self.found = PictureFaces(640, 480, ())
        self.refusal: RequestFault | None = None
        self.seen: list[tuple[bytes, FaceAttributes]] = []
        self.gate: threading.Event | None = None
        self.arrived = threading.Semaphore(0)

    def analyse(self, picture: bytes, attributes: FaceAttributes) -> PictureFaces:
        """See `service.detect_faces.Pictures`."""
        self.seen.append((picture, attributes))
        self.arrived.release()
        if self.gate is not None:
            self.gate.wait(20)
        if self.refusal is not None:
            raise Refused(self.refusal, "operator's detail")
        return self.found


def face(left: float = 0.25, width: float = 0.25, *, height: float = 0.5, score: float = 0.999) -> Face:
    """A face with all attributes, whose values tell where they came from."""
    attributes = Attributes(
        age_years=31.4,
        age_spread=4.0,
        male=0.125,
        smile=0.75,
        eyeglasses=0.03125,
        sunglasses=0.015625,
        beard=0.25,
        mustache=0.375,
        eyes_open=0.9375,
        mouth_open=0.5,
        occluded=0.0625,
        emotions=(0.5, 0.25, 0.0625, 0.0625, 0.03125, 0.03125, 0.046875, 0.015625),
    )
    return Face(
        box=Box(left, 0.125, width, height),
        score=score,
        landmarks=tuple(Point(left + width * number / 30, 0.5 - number / 100) for number in range(30)),
        pose=Pose(1.5, -20.25, 4.125),
        quality=Quality(61.5, 78.6435),
        attributes=attributes,
        gaze=Gaze(-12.5, 3.25, 0.25),
    )


def samples(*counts: int) -> list[SampleFaces]:
    """Samples every half second with this many faces, largest first."""
    return [
        SampleFaces(
            FrameTime(500 * number, MILLISECONDS),
            tuple(face(0.125 * place, 0.25 - place / 100) for place in range(count)),
        )
        for number, count in enumerate(counts)
    ]


@dataclass
class Stack:
    """One installation: the database and what stands on it, the stores, and how to make jobs end."""

    database: Database
    clock: Clock
    rules: VideoRules
    objects: Objects = field(default_factory=Objects)
    pictures: Pictures = field(default_factory=Pictures)
    waiting: int = 64
    min_face_px: int = 0

    def __post_init__(self) -> None:
        self.queue = JobQueue(self.database)
        self.leases = Leases(self.database)
        self.ledger = Ledger(self.database, pack)
        self.pages = PageWriter(self.database)
        self.objects.put("media", "clip.mp4", b"frames")

    def app(
        self,
        keys: Mapping[str, AccessKey] | None = None,
        requests_per_second: float = 0.0,
        rules: HttpRules | None = None,
    ) -> Application:
        """The API on this installation."""
        videos, pictures = self.services()
        return build_app(
            videos,
            pictures,
            keys=keys,
            requests_per_second=requests_per_second,
            rules=rules,
            clock=self.clock,
            seconds=self.clock.seconds,
            metrics=Metrics(self.queue, Deliveries(self.database)).text,
        )

    def services(self) -> tuple[FaceDetection, DetectFaces]:
        """The operations on this installation."""
        tokens = PageTokens.of(self.database)
        videos = FaceDetection(self.objects, self.queue, PageReader(self.database), tokens, self.rules)
        return videos, DetectFaces(self.objects, self.pictures, PictureRules(self.min_face_px, self.waiting))

    def work(self, outcome: Sequence[SampleFaces] | JobFault = ()) -> None:
        """Do all work that waits; every job ends in the same way."""
        while (lease := self.leases.claim("test", 30)) is not None:
            if isinstance(outcome, JobFault):
                self.leases.failed_attempt(lease, outcome, "operator's detail")
                self.clock.move(minutes=1)
            else:
                self._step(lease, outcome)

    def begin(self) -> Lease | None:
        """Claim the next piece and leave it, so that its job is RUNNING."""
        return self.leases.claim("test", 30)

    def plan(self) -> None:
        """Open the next job's video, and no more."""
        lease = self.leases.claim("test", 30)
        assert lease is not None
        assert lease.kind is WorkKind.PLAN
        self._step(lease, ())

    def _step(self, lease: Lease, outcome: Sequence[SampleFaces]) -> None:
        match lease.kind:
            case WorkKind.PLAN:
                self.ledger.planned(lease, VideoPlan(FACTS, MILLISECONDS, (Span(0, 0, None),)))
            case WorkKind.SPAN:
                self.ledger.span_done(lease, 0, list(outcome))
            case WorkKind.FINISH:
                self._finish(lease, self.leases.job(lease))

    def _finish(self, lease: Lease, job: Job) -> None:
        form = video_form(job.request.attributes, extended=job.request.extended)
        with self.pages.writing(lease) as sheet:
            for sample in FactStore(self.database).samples(lease.job_id):
                sheet.add([face_fragment(sample.time.timestamp_ms, each, form) for each in sample.faces])
        self.ledger.finish(lease)

    def expire(self) -> None:
        """Delete everything that is past its retention."""
        while Retention(self.database).expire():
            pass


@contextlib.contextmanager
def stack(
    folder: Path,
    *,
    max_open_jobs: int = 1000,
    max_video_bytes: int = 10 * 1024**3,
    extended: bool = False,
    waiting: int = 64,
    min_face_px: int = 0,
) -> Iterator[Stack]:
    """An installation with its database in `folder`."""
    clock = Clock()
    database = open_database(f"sqlite:///{folder / 'faceline.sqlite3'}", clock.milliseconds)
    rules = VideoRules(max_video_bytes, max_open_jobs, extended)
    try:
        yield Stack(database, clock, rules, waiting=waiting, min_face_px=min_face_px)
    finally:
        database.close()


@contextlib.contextmanager
def serving(app: Application) -> Iterator[str]:
    """Serve `app` on a free port of loopback; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that happens in another thread."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen")
        time.sleep(0.005)
