"""`faceline serve`: every role on one machine, in one command."""

import os
import socket
import sys
import threading
import time

import click

from faceline.cli.checks import check_settings, make_data_dir, warn_of_left_out
from faceline.cli.listen import LISTEN_FD, address_of, healthy, listening_socket
from faceline.cli.options import settings_options
from faceline.cli.supervise import ChildSpec, Supervisor, stop_on_signals
from faceline.observe import configure
from faceline.settings import Settings, SettingsError, environment_of

ROLES = ("picture", "worker", "api")
READY_TIMEOUT_S = 120.0
POLL_S = 0.1


@click.command()
@settings_options
def serve(settings: Settings) -> None:
    """Run the whole service: the API, the workers and the picture process."""
    from faceline.db.engine import open_database
    from faceline.link.server import clear_stale

    configure(settings.log_level, "serve")
    stop = stop_on_signals()
    check_settings(settings)
    warn_of_left_out(settings)
    with listening_socket(settings) as listener:
        make_data_dir(settings)
        clear_stale(settings.picture_socket)
        open_database(settings.database_url).close()
        supervisor = Supervisor()
        try:
            for role in ROLES:
                supervisor.start(_role(role, settings, listener))
            if _wait_until_ready(supervisor, listener, settings, stop):
                click.echo(f"faceline is ready at {address_of(listener, settings)}")
            while not stop.wait(POLL_S):
                supervisor.tend(time.monotonic())
        finally:
            supervisor.stop()


def _role(role: str, settings: Settings, listener: socket.socket) -> ChildSpec:
    environment = os.environ | environment_of(settings)
    descriptors: tuple[int, ...] = ()
    if role == "api":
        environment[LISTEN_FD] = str(listener.fileno())
        descriptors = (listener.fileno(),)
    return ChildSpec(role, (sys.executable, "-m", "faceline", role), environment, descriptors)


def _wait_until_ready(
    supervisor: Supervisor, listener: socket.socket, settings: Settings, stop: threading.Event
) -> bool:
    """Wait for the API to answer and for the picture process to listen. Raises SettingsError when a role gave up."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not stop.wait(POLL_S):
        if (role := supervisor.failed_to_start()) is not None:
            raise SettingsError(f"the {role} process did not start; its reason stands above")
        supervisor.tend(time.monotonic())
        if settings.picture_socket.exists() and healthy(address_of(listener, settings)):
            return True
        if time.monotonic() > deadline:
            raise SettingsError(f"not ready after {READY_TIMEOUT_S:.0f} s")
    return False
