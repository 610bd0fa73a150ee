"""Build the objects of a role from the settings and join them: the one place that knows every part."""

from functools import cache
from typing import TYPE_CHECKING

from faceline.settings import Settings

if TYPE_CHECKING:
    from faceline.engine.slot import Task
    from faceline.vision.settings import VisionSettings


def vision_settings(settings: Settings) -> "VisionSettings":
    """How this installation runs its networks."""
    from faceline.vision.network import Runtime
    from faceline.vision.settings import VisionSettings

    return VisionSettings(runtime=Runtime(providers=settings.providers))


def slot_task(settings: Settings) -> "Task":
    """What a slot does with a lease. Weights are loaded with the first span: planning needs none."""
    from faceline.db.engine import open_database
    from faceline.engine.tasks import Tools, do
    from faceline.jobs.lease import Leases
    from faceline.jobs.ledger import Ledger
    from faceline.media.container import MediaLimits, silence_codecs
    from faceline.results.facts import pack
    from faceline.results.page import Pages
    from faceline.results.store import FactStore
    from faceline.sources.buckets import buckets_from
    from faceline.vision.analyse import Analyser

    silence_codecs()
    database = open_database(settings.database_url)
    tools = Tools(
        source=buckets_from(settings),
        leases=Leases(database),
        ledger=Ledger(database, pack),
        facts=FactStore(database),
        pages=Pages(database),
        analyser=cache(lambda: Analyser(vision_settings(settings))),
        limits=MediaLimits(
            max_pixels=settings.max_frame_pixels,
            max_hours=settings.max_video_hours,
            codecs=frozenset(settings.codecs) or None,
        ),
    )
    return lambda lease, beat: do(tools, lease, beat)
