"""`faceline serve`: every role on one machine, in one command."""

import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request

import click

from faceline.cli.options import settings_options
from faceline.cli.supervise import ChildSpec, Supervisor, stop_on_signals
from faceline.observe import configure
from faceline.settings import Settings, SettingsError, environment_of

LISTEN_FD = "FACELINE_LISTEN_FD"
ROLES = ("picture", "worker", "api")
READY_TIMEOUT_S = 120.0
POLL_S = 0.1


@click.command()
@settings_options
def serve(settings: Settings) -> None:
    """Run the whole service: the API, the workers and the picture process."""
    from faceline.db.engine import open_database

    configure(settings.log_level, "serve")
    stop = stop_on_signals()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.picture_socket.unlink(missing_ok=True)
    open_database(settings.database_url).close()
    with _listen(settings.host, settings.port) as listener:
        supervisor = Supervisor()
        try:
            for role in ROLES:
                supervisor.start(_role(role, settings, listener))
            if _wait_until_ready(supervisor, listener, settings, stop):
                click.echo(f"faceline is ready at {_address(listener, settings)}")
            while not stop.wait(POLL_S):
                supervisor.tend(time.monotonic())
        finally:
            supervisor.stop()


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket: it outlives a restart of the API process, so that callers wait instead of being refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener


def _role(role: str, settings: Settings, listener: socket.socket) -> ChildSpec:
    environment = os.environ | environment_of(settings)
    descriptors: tuple[int, ...] = ()
    if role == "api":
        environment[LISTEN_FD] = str(listener.fileno())
        descriptors = (listener.fileno(),)
    return ChildSpec(role, (sys.executable, "-m", "faceline", role), environment, descriptors)


def _address(listener: socket.socket, settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls_cert else 'http'}://{host}:{listener.getsockname()[1]}"


def _wait_until_ready(
    supervisor: Supervisor, listener: socket.socket, settings: Settings, stop: threading.Event
) -> bool:
    """Wait for the API to answer and for the picture process to listen. Raises SettingsError when a role gave up."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not stop.wait(POLL_S):
        if (role := supervisor.failed_to_start()) is not None:
            raise SettingsError(f"the {role} process did not start; its reason stands above")
        if settings.picture_socket.exists() and _healthy(_address(listener, settings)):
            return True
        if time.monotonic() > deadline:
            raise SettingsError(f"not ready after {READY_TIMEOUT_S:.0f} s")
    return False


def _healthy(address: str) -> bool:
    import ssl

    # The certificate is the operator's own and may name another host; this asks only whether somebody answers.
    trust = ssl._create_unverified_context() if address.startswith("https") else None  # noqa: S323, SLF001
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2, context=trust) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
