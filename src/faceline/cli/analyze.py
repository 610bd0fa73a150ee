"""`faceline analyze`: the engine on files, without a server."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import click

from faceline.cli.options import description
from faceline.cli.words import left_out, left_out_words
from faceline.domain.job import FaceAttributes
from faceline.domain.video import EVERY_FRAME, SampleRate
from faceline.domain.weights import WeightsProfile


class RateType(click.ParamType[SampleRate]):
    """Samples a second as a number or a fraction, or `all` for every frame."""

    name = "rate"

    def convert(self, value: str | SampleRate, param: click.Parameter | None, ctx: click.Context | None) -> SampleRate:
        """Raises click.BadParameter."""
        if isinstance(value, SampleRate):
            return value
        if value == "all":
            return EVERY_FRAME
        try:
            rate = Fraction(value)
        except (ValueError, ZeroDivisionError):
            self.fail(f"{value!r} is neither a number of samples a second nor 'all'", param, ctx)
        if not Fraction(1, 3600) <= rate <= 1000:
            self.fail(f"{value!r} is outside 1/3600 to 1000 samples a second", param, ctx)
        return SampleRate(rate)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="VIDEO...")
@click.option(
    "--attributes",
    type=click.Choice(["DEFAULT", "ALL"]),
    default="ALL",
    show_default=True,
    help="DEFAULT leaves age, gender, emotions and the like out.",
)
@click.option("--sample-rate", type=RateType(), default="2", show_default=True, help="Samples a second, or all.")
@click.option("--json", "json_out", metavar="OUT", help="Write the shape of GetFaceDetection; - is standard output.")
@click.option("--csv", "csv_out", metavar="OUT", help="Write one row per face; - is standard output.")
@click.option("--extended", is_flag=True, help="Add FaceOccluded and EyeDirection to videos.")
@click.option(
    "--weights-profile",
    type=click.Choice([profile.value for profile in WeightsProfile]),
    default=WeightsProfile.RESEARCH.value,
    show_default=True,
    envvar="FACELINE_WEIGHTS_PROFILE",
    help=description("weights_profile"),
)
def analyze(
    files: tuple[Path, ...],
    attributes: str,
    sample_rate: SampleRate,
    json_out: str | None,
    csv_out: str | None,
    extended: bool,
    weights_profile: str,
) -> None:
    """Find the faces of videos and pictures on this machine.

    Without --json and --csv a short summary is printed. Several inputs give one JSON document per line, in order,
    with an Error member for one that could not be read.
    """
    _check_outputs(files, json_out, csv_out)
    from faceline.cli.analysis import Analysis, Wish

    wish = Wish(FaceAttributes(attributes), sample_rate, extended, WeightsProfile(weights_profile))
    if wish.attributes is FaceAttributes.ALL and left_out(wish.profile):
        click.echo(f"faceline: {left_out_words(wish.profile)}", err=True)
    with _output(json_out) as json_file, _output(csv_out) as csv_file:
        analysis = Analysis(wish, json_file, csv_file)
        worked = [analysis.run(path) for path in files]
        analysis.close()
    sys.exit(0 if all(worked) else 1)


def _check_outputs(files: tuple[Path, ...], json_out: str | None, csv_out: str | None) -> None:
    """No output may overwrite another or a video. Raises click.UsageError."""
    written = [name for name in (json_out, csv_out) if name is not None]
    if len(written) == 2 and (written[0] == written[1] or _same_file(Path(written[0]), Path(written[1]))):
        raise click.UsageError("--json and --csv must not go to the same place")
    for name in written:
        if any(_same_file(Path(name), file) for file in files):
            raise click.UsageError(f"{name} is an input; it would be overwritten")


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


@contextmanager
def _output(name: str | None) -> Iterator[BinaryIO | None]:
    """The named file, standard output for `-`, or nothing."""
    if name is None:
        yield None
    elif name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        try:
            file = Path(name).open("wb")  # noqa: SIM115 - entered below
        except OSError as error:
            raise click.ClickException(f"cannot write {name}: {error.strerror}") from error
        with file:
            yield file
