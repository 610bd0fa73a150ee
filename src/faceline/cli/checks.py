"""What can be found wrong with the settings before anything is started: every refusal is one line."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from faceline.cli.listen import check_exposure
from faceline.cli.supervise import PARENT_FD
from faceline.cli.words import LEFT_OUT_BECAUSE, left_out
from faceline.observe import get_log
from faceline.settings import FIELDS, Settings, SettingsError

if TYPE_CHECKING:
    from faceline.api.accounts import AccessKey


def check_settings(settings: Settings) -> None:
    """What `faceline serve` needs. Raises SettingsError."""
    check_api(settings)
    check_worker(settings)


def check_api(settings: Settings) -> None:
    """What the API needs; loads no codec. Raises SettingsError."""
    check_exposure(settings)
    check_buckets(settings)
    load_keys(settings)
    check_tls(settings)


def check_worker(settings: Settings) -> None:
    """What a worker needs. Raises SettingsError."""
    check_buckets(settings)
    check_codecs(settings)
    check_providers(settings)
    check_webhooks(settings)


def warn_of_left_out(settings: Settings) -> None:
    """Log which attributes the weights profile leaves out, so that nobody looks for them in vain.

    Once: by the process that an operator started, not by the roles that `faceline serve` starts.
    """
    if PARENT_FD in os.environ:
        return
    profile = settings.weights_profile
    if members := left_out(profile):
        get_log().warning("attributes_left_out", weights_profile=profile.value, members=members, why=LEFT_OUT_BECAUSE)


def make_data_dir(settings: Settings) -> None:
    """Make the folder of all state, for nobody else to read. Raises SettingsError."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data folder {settings.data_dir} cannot be made: {error.strerror}") from error


def check_buckets(settings: Settings) -> None:
    """Folders that serve as buckets must be there when the service starts. Raises SettingsError."""
    folders = {entry.partition("=")[2] for entry in settings.bucket} | ({settings.buckets} - {""})
    for folder in sorted(folders):
        if not Path(folder).expanduser().is_dir():
            raise SettingsError(f"there is no folder {folder} to take buckets from")


def check_providers(settings: Settings) -> None:
    """Raises Unusable for an execution provider that is not there: every job would fail of it."""
    if settings.providers == FIELDS["providers"].default:
        return  # always there; a worker needs no inference library otherwise
    from faceline.vision.network import require_providers

    require_providers(settings.providers)


def check_codecs(settings: Settings) -> None:
    """A codec that is misspelt would fail every job. Raises SettingsError."""
    if not settings.codecs:
        return
    from faceline.media.container import SAFE_CODECS

    for codec in settings.codecs:
        if codec not in SAFE_CODECS:
            raise SettingsError(f"codec {codec!r} is not offered; there are {', '.join(SAFE_CODECS)}")


def load_keys(settings: Settings) -> "Mapping[str, AccessKey] | None":
    """The keys of the credentials file; None without one. Raises SettingsError."""
    from faceline.api.accounts import CredentialsError, load_credentials

    if not settings.credentials:
        return None
    try:
        return load_credentials(Path(settings.credentials).expanduser())
    except CredentialsError as error:
        raise SettingsError(str(error)) from error


def check_tls(settings: Settings) -> None:
    """Raises SettingsError for a certificate and key that cannot be used together."""
    if not settings.tls_cert:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            # an empty password: OpenSSL must not ask for one on the terminal
            settings.tls_cert,
            settings.tls_key,
            password="",
        )
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or str(error)
        raise SettingsError(f"certificate {settings.tls_cert} with key {settings.tls_key}: {reason}") from error


def check_webhooks(settings: Settings) -> None:
    """Raises SettingsError for an address that no message can be posted to."""
    if not settings.webhook:
        return
    from faceline.notify.routes import publisher_from

    publisher_from(settings)
