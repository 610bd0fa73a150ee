"""The roles, each alone: `faceline api`, `faceline worker`, `faceline picture`, and the worker's `faceline slot`."""

import os
import socket
import sys
import threading
from datetime import timedelta

import click

from faceline.cli.checks import check_worker, make_data_dir, warn_of_left_out
from faceline.cli.options import settings_options
from faceline.cli.supervise import end_with_parent, stop_on_signals
from faceline.observe import configure
from faceline.settings import Settings, environment_of

# Video gives way to pictures and to the API (their callers wait).
VIDEO_NICENESS = 5
CPU_PROVIDER = "CPUExecutionProvider"


@click.command()
@settings_options
def worker(settings: Settings) -> None:
    """Analyse the videos of queued jobs, deliver completion messages, and delete what is past its retention."""
    from faceline.db.engine import open_database
    from faceline.engine.slot_process import SlotProcess
    from faceline.engine.worker import Worker, WorkerLimits
    from faceline.jobs.lease import Leases

    configure(settings.log_level, "worker")
    warn_of_left_out(settings)
    end_with_parent()
    stop = stop_on_signals()
    check_worker(settings)
    make_data_dir(settings)
    database = open_database(settings.database_url)
    environment = os.environ | environment_of(settings)
    command = (sys.executable, "-m", "faceline", "slot")
    name = f"{socket.gethostname()}:{os.getpid()}"
    limits = WorkerLimits(name, settings.slots, settings.sample_timeout, settings.lease_seconds)
    upkeep = threading.Thread(target=_upkeep, args=(settings, stop), name="upkeep")
    upkeep.start()
    Worker(Leases(database), lambda: SlotProcess(command, environment), limits).run(stop)
    upkeep.join()
    database.close()


def _upkeep(settings: Settings, stop: threading.Event) -> None:
    """What a worker does beside the slots, on a thread of its own: messages and retention.

    However it ends, the worker ends with it, and is started again by whoever supervises it.
    """
    from faceline.db.engine import open_database
    from faceline.engine.upkeep import Upkeep
    from faceline.jobs.retention import Retention
    from faceline.notify.outbox import Outbox
    from faceline.notify.routes import publisher_from

    database = open_database(settings.database_url)
    outbox = Outbox(database, publisher_from(settings))
    try:
        Upkeep(outbox, Retention(database, timedelta(days=settings.retention_days))).run(stop)
    finally:
        stop.set()
        outbox.close()
        database.close()


@click.command(hidden=True)
def slot() -> None:
    """Work for a worker: assignments on standard input, reports on standard output."""
    from faceline.cli.compose import slot_task
    from faceline.engine.slot import Slot, end_with_worker, limit_memory
    from faceline.settings import load

    end_with_worker()
    settings = load({}, os.environ)
    configure(settings.log_level, "slot")
    os.nice(VIDEO_NICENESS)
    if settings.providers[0] == CPU_PROVIDER:
        limit_memory(settings.slot_memory_mb)  # a GPU's driver maps far more address space than it uses
    # Nothing that a library prints may stand among the reports.
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Slot(slot_task(settings), sys.stdin.buffer, reports).run()


@click.command()
@settings_options
def picture(settings: Settings) -> None:
    """Analyse the pictures of DetectFaces for the API on the same machine."""
    from faceline.cli.compose import vision_settings
    from faceline.engine.picture import serve_pictures
    from faceline.vision.analyse import Analyser

    configure(settings.log_level, "picture")
    warn_of_left_out(settings)
    end_with_parent()
    stop = stop_on_signals()
    make_data_dir(settings)
    analyser = Analyser(vision_settings(settings))
    serve_pictures(settings.picture_socket, analyser, settings.max_picture_pixels, settings.picture_timeout, stop)


@click.command()
@settings_options
def api(settings: Settings) -> None:
    """Answer the three operations on HTTP. Holds no codec and no model."""
    from faceline.cli.compose import run_api

    configure(settings.log_level, "api")
    end_with_parent()
    make_data_dir(settings)
    run_api(settings)
