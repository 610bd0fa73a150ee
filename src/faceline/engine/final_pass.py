"""The final pass over a whole video: tracks, and what a track settles; for stored jobs and for local files alike.

Both forms go through the stored bytes of facts, and neither holds more than a few hundred samples: a job's facts lie
in the database, a local video's in a spool on disk.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.job import FaceAttributes, Job, Lease
from faceline.domain.video import SampleFaces, VideoFacts
from faceline.engine.spool import FactSpool
from faceline.tracks.passes import FinalPass, FrameSize, trace

if TYPE_CHECKING:
    from faceline.results.store import FactStore  # local files need no database


def finish_stored(facts: "FactStore", job: Job, lease: Lease, beat: Callable[[], None]) -> Iterator[SampleFaces]:
    """Make the final pass over a job's measured facts, store its outcome beside them part by part, and give the
    finished samples in order.

    It always begins from the measured facts, so it may be repeated after a crash with the same outcome.
    Raises LeaseLost.
    """
    if job.facts is None:
        raise JobFailed(JobFault.BROKEN, "a final pass without a plan")
    second = _second_pass(lambda: _measured(facts, job.id, beat), job.facts, job.request.attributes)
    for part in facts.measured(job.id):
        finished = tuple(map(second.finished, part.samples))
        facts.replace(lease, {part.key: finished})
        beat()
        yield from finished


def finish_local(found: Iterable[SampleFaces], facts: VideoFacts, attributes: FaceAttributes) -> Iterator[SampleFaces]:
    """Take in all samples of a video as they are found; when the last one has been, give the finished ones in order.

    The values are those of a stored job of the same file.
    """
    with FactSpool() as spool:
        for sample in found:
            spool.add(sample)
        second = _second_pass(spool.samples, facts, attributes)
        yield from map(second.finished, spool.samples())


def _second_pass(
    samples: Callable[[], Iterable[SampleFaces]], facts: VideoFacts, attributes: FaceAttributes
) -> FinalPass:
    """The second pass, the first one done where there is something to settle."""
    frame = FrameSize(facts.width, facts.height)
    return FinalPass(trace(samples(), frame) if attributes is FaceAttributes.ALL else {}, frame)


def _measured(facts: "FactStore", job_id: str, beat: Callable[[], None]) -> Iterator[SampleFaces]:
    for part in facts.measured(job_id):
        beat()
        yield from part.samples
