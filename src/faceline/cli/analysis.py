"""What `faceline analyze` does with each file: faces, progress, and the chosen form of output."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from faceline.cli.document import VideoDocument
from faceline.cli.summary import PictureSummary, VideoSummary
from faceline.cli.table import FaceTable
from faceline.domain.faults import JobFailed, Refused
from faceline.domain.job import FaceAttributes
from faceline.domain.video import SampleFaces, SampleRate, VideoPlan
from faceline.domain.weights import WeightsProfile
from faceline.engine.final_pass import finish_local
from faceline.engine.local import analyse_picture, analyse_video, is_picture, plan_file
from faceline.vision.analyse import Analyser
from faceline.vision.settings import settings_under
from faceline.wire.answers import detect_faces_answer
from faceline.wire.faces import PICTURE_ALL, PICTURE_DEFAULT, face_fragment, video_form


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asked for."""

    attributes: FaceAttributes
    rate: SampleRate
    extended: bool
    profile: WeightsProfile


class Analysis:
    """Analyses one file after the other into the outputs that were asked for; without any, prints summaries."""

    def __init__(self, wish: Wish, json_out: BinaryIO | None, csv_out: BinaryIO | None) -> None:
        self._wish = wish
        self._analyser = Analyser(settings_under(wish.profile))
        self._json = json_out
        all_wanted = wish.attributes is FaceAttributes.ALL
        self._table = FaceTable(csv_out, attributes=all_wanted, occlusion=True) if csv_out else None
        self._quiet = json_out is not None or csv_out is not None

    def run(self, path: Path) -> bool:
        """Analyse one file; whether it worked. What went wrong is one line on standard error."""
        try:
            if is_picture(path):
                self._picture(path)
            else:
                self._video(path)
        except (JobFailed, Refused) as error:
            return self._failed(path, error.fault.name, error.fault.value.cause)
        except BrokenPipeError:
            raise  # whoever reads our output has gone: click ends quietly
        except OSError as error:
            return self._failed(path, "UNREADABLE", error.strerror or str(error))
        return True

    def close(self) -> None:
        """Let go of the outputs, which belong to the caller."""
        if self._table is not None:
            self._table.detach()

    def _picture(self, path: Path) -> None:
        result = analyse_picture(path, self._analyser, self._wish.attributes)
        if self._json is not None:
            form = PICTURE_ALL if self._wish.attributes is FaceAttributes.ALL else PICTURE_DEFAULT
            self._json.write(detect_faces_answer(result.faces, form) + b"\n")
        if self._table is not None:
            for face in result.faces:
                self._table.write(None, face, None, path.name)
        if not self._quiet:
            click.echo(PictureSummary(path.name, result).text())

    def _video(self, path: Path) -> None:
        plan = plan_file(path)
        form = video_form(self._wish.attributes, extended=self._wish.extended)
        summary = VideoSummary(path.name, plan.facts)
        with VideoDocument(plan.facts) as document:
            for found in finish_local(self._with_progress(path, plan), plan.facts, self._wish.attributes):
                summary.add(found)
                for face, track in zip(found.faces, found.tracks, strict=True):
                    if self._json is not None:
                        document.add(face_fragment(found.time.timestamp_ms, face, form))
                    if self._table is not None:
                        self._table.write(float(found.time.seconds), face, track, path.name)
            if self._json is not None:
                document.copy_to(self._json)
        if not self._quiet:
            click.echo(summary.text())

    def _with_progress(self, path: Path, plan: VideoPlan) -> Iterator[SampleFaces]:
        """The samples' faces, with a bar on a terminal: speed as a multiple of real time, and time left."""
        found = analyse_video(path, plan, self._analyser, self._wish.attributes, self._wish.rate)
        if not sys.stderr.isatty():
            yield from found
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(path.name, total=max(1, plan.facts.duration_ms), speed="")
            for sample in found:
                done_ms = sample.time.timestamp_ms
                elapsed = progress.tasks[0].elapsed or 0.0
                speed = f"{done_ms / 1000 / elapsed:.1f} x real time" if elapsed > 0.5 else ""
                progress.update(task, completed=done_ms, speed=speed)
                yield sample

    def _failed(self, path: Path, name: str, cause: str) -> bool:
        click.echo(f"faceline: {path}: {cause}", err=True)
        if self._json is not None:
            error = {"Error": {"File": str(path), "Code": name, "Message": cause}}
            self._json.write(msgspec.json.encode(error) + b"\n")
        return False
