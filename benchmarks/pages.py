"""CPU time of a page of GetFaceDetection at the beginning, the middle and the end of a large job.

    python -m benchmarks.pages [--faces 1000000] [--rounds 20] [--database URL] [--out bench-out/pages.json]

A finished job of that many ALL faces is written through the same code as the final pass; then pages of 1,000 are asked
for as the API does: job, page token, rows, answer text. The places take turns, so that the ratio between them holds on
a machine whose speed drifts. On PostgreSQL the server's own CPU time is not in the figures.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from statistics import median

import msgspec

from faceline.db.engine import Database, open_database
from faceline.domain.face import EMOTIONS, LANDMARK_TYPES, Attributes, Box, Face, Gaze, Point, Pose, Quality
from faceline.domain.job import FaceAttributes, JobRequest, ObjectPin, ObjectRef
from faceline.domain.video import SERVICE_SAMPLE_RATE, ColorRange, FrameTime, SampleFaces, VideoFacts, VideoPlan
from faceline.jobs.lease import Leases
from faceline.jobs.ledger import Ledger
from faceline.jobs.queue import JobQueue
from faceline.results.facts import pack, unpack
from faceline.results.pages import PageReader, PageWriter
from faceline.results.token import PageTokens
from faceline.wire.answers import face_detection_answer
from faceline.wire.faces import face_fragment, video_form

ACCOUNT = "000000000000"
PAGE = 1000
LEASE_S = 3600.0
DISTINCT = 5000
"""Different faces; they are written again and again with new times."""


class Place(msgspec.Struct, frozen=True):
    """CPU milliseconds of one page of 1,000 faces that begins at `offset`."""

    offset: int
    cpu_ms_median: float
    cpu_ms_min: float
    cpu_ms_max: float


class Report(msgspec.Struct, frozen=True):
    """`write_cpu_ms_per_1000` is the final pass from rendered fragments to committed rows; sizes are bytes per face."""

    database: str
    faces: int
    rounds: int
    answer_bytes: int
    write_cpu_ms_per_1000: float
    fragment_bytes: float
    facts_bytes: float
    facts_pack_cpu_ms_per_1000: float
    facts_unpack_cpu_ms_per_1000: float
    pages: list[Place]
    last_over_first: float


def random_faces(count: int) -> list[Face]:
    noise = random.Random(7)  # noqa: S311 - the same faces in every run
    return [_face(noise) for _ in range(count)]


def _face(noise: random.Random) -> Face:
    share = noise.random

    def degrees() -> float:
        return noise.uniform(-60, 60)

    emotions = [share() for _ in EMOTIONS]
    return Face(
        Box(share(), share(), share(), share()),
        share(),
        tuple(Point(share(), share()) for _ in LANDMARK_TYPES),
        Pose(degrees(), degrees(), degrees()),
        Quality(100 * share(), 100 * share()),
        Attributes(
            *(80 * share(), 4.0, share(), share(), share(), share(), share(), share(), share(), share(), share()),
            emotions=tuple(value / sum(emotions) for value in emotions),
        ),
        Gaze(degrees(), degrees(), share()),
    )


def fragments(faces: list[Face], count: int) -> Iterator[list[bytes]]:
    """Rendered elements in lots of 500, `count` in all."""
    form = video_form(FaceAttributes.ALL, extended=False)
    rendered = [face_fragment(0, face, form) for face in faces]
    for done in range(0, count, 500):
        begin = done % len(rendered)
        yield [
            rendered[begin + n].replace(b'"Timestamp":0', b'"Timestamp":%d' % (500 * (done + n)), 1)
            for n in range(min(500, count - done))
        ]


def write_job(database: Database, faces: list[Face], count: int) -> tuple[str, float]:
    """A finished job; its id and the CPU seconds of writing its pages."""
    request = JobRequest(ACCOUNT, ObjectRef("films", "film.mp4"), FaceAttributes.ALL, SERVICE_SAMPLE_RATE)
    job_id = JobQueue(database).start(request, ObjectPin("e", 1), token=None, fingerprint="", max_open=1)
    leases, ledger = Leases(database), Ledger(database, pack)
    facts = VideoFacts("h264", "QuickTime / MOV", count * 500, 29.97, 1920, 1080, ColorRange.LIMITED)
    plan = leases.claim("bench", LEASE_S)
    assert plan is not None
    ledger.planned(plan, VideoPlan(facts, Fraction(1, 1000), ()))
    finish = leases.claim("bench", LEASE_S)
    assert finish is not None
    spent = 0.0
    with PageWriter(database).writing(finish) as pages:
        for lot in fragments(faces, count):
            begin = time.process_time()
            pages.add(lot)
            spent += time.process_time() - begin
    ledger.finish(finish)
    return job_id, spent


def one_page(database: Database, tokens: PageTokens, job_id: str, token: str) -> bytes:
    """What the API does for one call of GetFaceDetection, without HTTP."""
    job = JobQueue(database, timedelta(days=7)).get(ACCOUNT, job_id)
    page = PageReader(database).read(ACCOUNT, job_id, tokens.read(token, ACCOUNT, job_id), PAGE)
    more = None if page.next is None else tokens.issue(ACCOUNT, job_id, page.next)
    return face_detection_answer(job, page.body, more)


def measure(url: str, count: int, rounds: int) -> Report:
    database = open_database(url)
    faces = random_faces(DISTINCT)
    job_id, write_s = write_job(database, faces, count)
    tokens = PageTokens.of(database)
    # Odd places, so that pages begin and end inside rows.
    offsets = [0, count // 2 + 137, count - PAGE - 137]
    sealed = {offset: tokens.issue(ACCOUNT, job_id, offset) for offset in offsets}
    times: dict[int, list[float]] = {offset: [] for offset in offsets}
    size = 0
    for turn in range(rounds + 1):
        for offset in offsets:
            begin = time.process_time()
            size = len(one_page(database, tokens, job_id, sealed[offset]))
            if turn:  # the first round warms up
                times[offset].append(1000 * (time.process_time() - begin))
    database.close()
    packed, pack_ms, unpack_ms = _facts(faces[:PAGE])
    return Report(
        database=url.split(":", 1)[0],
        faces=count,
        rounds=rounds,
        answer_bytes=size,
        write_cpu_ms_per_1000=round(1e6 * write_s / count, 2),
        fragment_bytes=round(size / PAGE, 1),
        facts_bytes=round(packed / PAGE, 1),
        facts_pack_cpu_ms_per_1000=round(pack_ms, 2),
        facts_unpack_cpu_ms_per_1000=round(unpack_ms, 2),
        pages=[
            Place(offset, round(median(spent), 2), round(min(spent), 2), round(max(spent), 2))
            for offset, spent in times.items()
        ],
        last_over_first=round(median(times[offsets[-1]]) / median(times[0]), 3),
    )


def _facts(faces: list[Face]) -> tuple[int, float, float]:
    """Packed size of the faces, median CPU milliseconds to pack and to unpack them."""
    samples = [SampleFaces(FrameTime(n, Fraction(1, 1000)), (face,)) for n, face in enumerate(faces)]
    body = pack(samples)
    packing, unpacking = [], []
    for _ in range(9):
        begin = time.process_time()
        body = pack(samples)
        packed = time.process_time()
        unpack(body)
        packing.append(1000 * (packed - begin))
        unpacking.append(1000 * (time.process_time() - packed))
    return len(body), median(packing), median(unpacking)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", help="an empty database; SQLite in a temporary folder if left out")
    parser.add_argument("--out", type=Path, default=Path("bench-out/pages.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(options.database or f"sqlite:///{folder}/faceline.sqlite3", options.faces, options.rounds)
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    print(options.out.read_text())


if __name__ == "__main__":
    main()
