"""Build the objects of a role from the settings and join them: the one place that knows every part."""

import os
import threading
import time
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import click

from faceline.cli.checks import check_api, load_keys
from faceline.cli.listen import LISTEN_FD, address_of, healthy, listening_socket
from faceline.cli.supervise import stop_on_signals
from faceline.settings import Settings

if TYPE_CHECKING:
    from faceline.engine.slot import Task
    from faceline.service.detect_faces import DetectFaces
    from faceline.service.face_detection import FaceDetection
    from faceline.service.metrics import Metrics
    from faceline.vision.settings import VisionSettings

# A picture may wait for others before its own time begins.
PICTURE_PATIENCE = 4
READY_POLL_S = 0.1


def vision_settings(settings: Settings) -> "VisionSettings":
    """How this installation runs its networks."""
    from faceline.vision.network import Runtime
    from faceline.vision.settings import settings_under

    return settings_under(settings.weights_profile, Runtime(providers=settings.providers))


def slot_task(settings: Settings) -> "Task":
    """What a slot does with a lease. Weights are loaded with the first span: planning needs none."""
    from faceline.db.engine import open_database
    from faceline.engine.tasks import Tools, do
    from faceline.jobs.lease import Leases
    from faceline.jobs.ledger import Ledger
    from faceline.media.container import MediaLimits, silence_codecs
    from faceline.results.facts import pack
    from faceline.results.pages import PageWriter
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
        pages=PageWriter(database),
        analyser=cache(lambda: Analyser(vision_settings(settings))),
        limits=MediaLimits(
            max_pixels=settings.max_frame_pixels,
            max_hours=settings.max_video_hours,
            codecs=frozenset(settings.codecs) or None,
        ),
        min_face_px=settings.min_face_px,
    )
    return lambda lease, beat: do(tools, lease, beat)


def run_api(settings: Settings) -> None:
    """Serve HTTP until SIGTERM or SIGINT. Raises SettingsError for what cannot be served."""
    from faceline.api.http import build_app
    from faceline.api.server import uvicorn_server

    check_api(settings)
    keys = load_keys(settings)
    supervised = LISTEN_FD in os.environ
    # uvicorn hands a signal on when it has ended; without a handler of ours the process would die of it
    stop_on_signals()
    with listening_socket(settings) as listener:
        app = build_app(
            _videos(settings),
            _pictures(settings),
            keys=keys,
            requests_per_second=settings.requests_per_second,
            metrics=_metrics(settings).text,
        )
        server = uvicorn_server(app, tls_cert=settings.tls_cert, tls_key=settings.tls_key)
        if not supervised:
            address = address_of(listener, settings)
            threading.Thread(target=_say_when_ready, args=(address,), name="ready", daemon=True).start()
        server.run(sockets=[listener])


def _say_when_ready(address: str) -> None:
    while not healthy(address):
        time.sleep(READY_POLL_S)
    click.echo(f"faceline is ready at {address}")


def _videos(settings: Settings) -> "FaceDetection":
    from faceline.db.engine import open_database
    from faceline.jobs.queue import JobQueue
    from faceline.results.pages import PageReader
    from faceline.results.token import PageTokens
    from faceline.service.face_detection import FaceDetection, VideoRules
    from faceline.sources.buckets import buckets_from

    database = open_database(settings.database_url)
    return FaceDetection(
        buckets_from(settings),
        JobQueue(database, keep=timedelta(days=settings.retention_days)),
        PageReader(database),
        PageTokens.of(database),
        VideoRules(settings.max_video_bytes, settings.max_open_jobs, settings.extended),
    )


def _metrics(settings: Settings) -> "Metrics":
    from faceline.db.engine import open_database
    from faceline.jobs.queue import JobQueue
    from faceline.notify.outbox import Deliveries
    from faceline.service.metrics import Metrics

    database = open_database(settings.database_url)
    return Metrics(JobQueue(database), Deliveries(database))


def _pictures(settings: Settings) -> "DetectFaces":
    from faceline.link.client import PictureClient
    from faceline.service.detect_faces import DetectFaces, PictureRules
    from faceline.sources.buckets import buckets_from

    client = PictureClient(settings.picture_socket, PICTURE_PATIENCE * settings.picture_timeout)
    return DetectFaces(buckets_from(settings), client, PictureRules(min_face_px=settings.min_face_px))
