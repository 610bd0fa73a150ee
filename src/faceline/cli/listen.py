"""The listening socket of the API, and the rules of what it may be opened to."""

import ipaddress
import os
import socket
import ssl
import urllib.error
import urllib.request

from faceline.settings import Settings, SettingsError

LISTEN_FD = "FACELINE_LISTEN_FD"
BACKLOG = 2048


def check_exposure(settings: Settings) -> None:
    """Without accounts only this machine may call (B32). Raises SettingsError."""
    if settings.credentials or _is_loopback(settings.host):
        return
    raise SettingsError(f"host {settings.host} is not loopback: that needs --credentials, so that callers are checked")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening_socket(settings: Settings) -> socket.socket:
    """The socket that the parent has opened, else a new one. Raises SettingsError.

    A parent's socket outlives a restart of the API process, so that callers wait instead of being refused.
    """
    inherited = os.environ.pop(LISTEN_FD, None)
    if inherited is not None:
        return socket.socket(fileno=int(inherited))
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise SettingsError(f"cannot listen on {settings.host} port {settings.port}: {reason}") from error
    return listener


def address_of(listener: socket.socket, settings: Settings) -> str:
    """What a caller gives as endpoint_url."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls_cert else 'http'}://{host}:{listener.getsockname()[1]}"


def healthy(address: str) -> bool:
    """Whether the API answers at `address`."""
    trust = ssl.create_default_context()
    # The certificate is the operator's own and may name another host; this asks only whether somebody answers.
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    # No proxy of the environment stands between this process and its own child.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    try:
        with opener.open(f"{address}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
