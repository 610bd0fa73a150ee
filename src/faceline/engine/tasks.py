"""The three kinds of work a job is made of: cut the video, analyse one span, make the final pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from faceline.domain.face import is_large_enough
from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.job import Job, Lease, WorkKind
from faceline.domain.ports import Source
from faceline.domain.video import SampleFaces, VideoPlan
from faceline.engine.analysis import faces_of
from faceline.engine.final_pass import finish_stored
from faceline.engine.spool import is_full
from faceline.jobs.lease import Leases, SpanWork
from faceline.jobs.ledger import Ledger
from faceline.media.container import MediaLimits
from faceline.media.probe import probe
from faceline.media.samples import samples
from faceline.results.pages import PageWriter
from faceline.results.store import FactStore
from faceline.vision.analyse import Analyser
from faceline.wire.faces import face_fragment, video_form

Beat = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """What the work needs; made once for a process."""

    source: Source
    leases: Leases
    ledger: Ledger
    facts: FactStore
    pages: PageWriter
    analyser: Callable[[], Analyser]
    limits: MediaLimits
    min_face_px: int = 0


def do(tools: Tools, lease: Lease, beat: Beat) -> None:
    """Do the work of a lease. Raises JobFailed, LeaseLost, DatabaseUnavailable."""
    job = tools.leases.job(lease)
    match lease.kind:
        case WorkKind.PLAN:
            plan(tools, job, lease)
        case WorkKind.SPAN:
            analyse_span(tools, job, lease, beat)
        case WorkKind.FINISH:
            finish(tools, job, lease, beat)


def plan(tools: Tools, job: Job, lease: Lease) -> None:
    """Open the video and cut it into spans."""
    stream = tools.source.open(job.request.video, job.pin)
    try:
        made = probe(stream, tools.limits)
    finally:
        stream.close()
    tools.ledger.planned(lease, made)


def analyse_span(tools: Tools, job: Job, lease: Lease, beat: Beat) -> None:
    """Analyse one span and store its faces part by part; go on after what an earlier attempt stored."""
    work = tools.leases.span(lease)
    part, waiting = work.next_part, list[SampleFaces]()
    for found in _span_faces(tools, job, work, beat):
        waiting.append(found)
        if is_full(waiting):
            tools.ledger.commit_part(lease, part, waiting, waiting[-1].time)
            part, waiting = part + 1, []
    tools.ledger.span_done(lease, part, waiting)


def _span_faces(tools: Tools, job: Job, work: SpanWork, beat: Beat) -> Iterator[SampleFaces]:
    if job.facts is None:
        raise JobFailed(JobFault.BROKEN, "a span without a plan")
    whole = VideoPlan(job.facts, work.time_base, (work.span,))
    stream = tools.source.open(job.request.video, job.pin)
    try:
        rate, checkpoint = job.request.sample_rate, work.checkpoint
        taken = samples(stream, whole, work.span, rate, tools.limits, after=checkpoint, beat=beat)
        yield from faces_of(taken, tools.analyser(), job.request.attributes)
    finally:
        stream.close()


def finish(tools: Tools, job: Job, lease: Lease, beat: Beat) -> None:
    """The final pass: link the stored faces over time, render them into pages, then end the job.

    It may be repeated from the start after a crash: facts and pages of an earlier attempt are replaced.
    """
    form = video_form(job.request.attributes, extended=job.request.extended)
    width, height = (job.facts.width, job.facts.height) if job.facts else (0, 0)
    seen = False
    with tools.pages.writing(lease) as sheet:
        for sample in finish_stored(tools.facts, job, lease, beat):
            seen = True
            shown = [face for face in sample.faces if is_large_enough(face.box, width, height, tools.min_face_px)]
            sheet.add([face_fragment(sample.time.timestamp_ms, face, form) for face in shown])
    if not seen:
        raise JobFailed(JobFault.NOT_DECODABLE)
    tools.ledger.finish(lease)
