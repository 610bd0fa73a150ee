"""`faceline`: every command, and the one place where an error becomes one line."""

import sys

import click

from faceline.cli.analyze import analyze
from faceline.cli.jobs import jobs
from faceline.cli.roles import api, picture, slot, worker
from faceline.cli.serve import serve
from faceline.db.errors import DatabaseUnavailable
from faceline.domain.faults import Unusable


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="faceline")
def commands() -> None:
    """Amazon Rekognition's face detection for stored video, on your own machine.

    Every option can also be set as an environment variable: --max-open-jobs is FACELINE_MAX_OPEN_JOBS.
    """


for command in (serve, api, worker, picture, slot, analyze, jobs):
    commands.add_command(command)


def main() -> None:
    """Run the command line: exit code 0, 1 with a line that says why, or 2 for wrong usage."""
    try:
        commands(standalone_mode=True)
    except (Unusable, DatabaseUnavailable) as error:
        click.echo(f"faceline: {error}", err=True)
        sys.exit(1)
