"""A throwaway PostgreSQL on a loopback port, for tests that run on both databases."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

SERVER_USER = "postgres"  # the server refuses to run as root


def programs() -> Path | None:
    """The folder of the newest installed server's programs, if any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path else None


@contextlib.contextmanager
def cluster(folder_of_programs: Path) -> Iterator[str]:
    """Run a server; its address without a database name."""
    with tempfile.TemporaryDirectory(prefix="faceline-pg-") as base:
        user = SERVER_USER if os.geteuid() == 0 else None
        if user:
            shutil.chown(base, user)
        files = f"{base}/cluster"
        initdb = [str(folder_of_programs / "initdb"), "-D", files, "-U", "faceline", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run([*initdb, "--locale=C"], user=user, check=True, capture_output=True, cwd=base)
        port = _free_port()
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", "", "-F", "-c", "max_connections=120"]
        server = subprocess.Popen(
            [folder_of_programs / "postgres", "-D", files, *options],
            user=user,
            cwd=base,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = f"postgresql://faceline@127.0.0.1:{port}"
            _wait(address, server)
            yield address
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            server.wait(30)


def execute(address: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(statement)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"{address}/postgres").close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start as {getpass.getuser()}")
