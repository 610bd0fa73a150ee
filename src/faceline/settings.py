"""All that an operator can set, from the command line, the environment (`FACELINE_*`) and a TOML file, in that order.

One frozen value, validated at start. The command line's options and the page of limits are made from this table.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from faceline.domain.faults import Unusable
from faceline.domain.weights import WeightsProfile

GIB = 1024**3


class SettingsError(Unusable):
    """A setting is wrong; the text is one line that says which and why."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every setting with its unit, range and default. The field `max_video_bytes` is the option `--max-video-bytes`,
    the variable `FACELINE_MAX_VIDEO_BYTES` and the TOML key `max_video_bytes`.
    """

    host: Annotated[str, Meta(description="Address to listen on. Another than loopback needs --credentials.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(description="TCP port; 0 takes a free one.", ge=0, le=65535)] = 8377
    data: Annotated[str, Meta(description="Folder of all state: database, picture socket.")] = "faceline-data"
    database: Annotated[
        str,
        Meta(description="Database address: empty for SQLite under --data, or postgresql+psycopg://USER@HOST/NAME."),
    ] = ""
    buckets: Annotated[str, Meta(description="Folder whose sub-folders are buckets; paths below them are keys.")] = ""
    bucket: Annotated[
        tuple[str, ...], Meta(description="One more bucket in a folder, as NAME=PATH; may be repeated.")
    ] = ()
    s3_endpoint: Annotated[
        str,
        Meta(description="S3 for buckets that no folder serves: an address, or aws. Empty: none is asked."),
    ] = ""
    s3_region: Annotated[str, Meta(description="Region for S3 requests.")] = "us-east-1"
    s3_addressing: Annotated[
        str,
        Meta(
            description="How buckets are addressed in S3: auto, path or virtual.",
        ),
    ] = "auto"
    workers: Annotated[
        int, Meta(description="Slots that analyse video at the same time; 0 means one per processor.", ge=0, le=1024)
    ] = 0
    credentials: Annotated[
        str, Meta(description="TOML file of access keys and accounts; without it every caller is one account.")
    ] = ""
    tls_cert: Annotated[str, Meta(description="Certificate chain in PEM; with --tls-key the server speaks HTTPS.")] = ""
    tls_key: Annotated[str, Meta(description="Private key in PEM.")] = ""
    codecs: Annotated[
        tuple[str, ...],
        Meta(description="Accepted video codecs; empty: all that can be decoded safely. h264 behaves as the service."),
    ] = ()
    max_video_bytes: Annotated[int, Meta(description="Largest video object, bytes (B104).", ge=1)] = 10 * GIB
    max_video_hours: Annotated[float, Meta(description="Longest video, hours (B104).", gt=0)] = 6.0
    max_frame_pixels: Annotated[int, Meta(description="Largest video frame, pixels.", ge=4096)] = 8192 * 4608
    max_picture_pixels: Annotated[int, Meta(description="Largest picture for DetectFaces, pixels (B184).", ge=6400)] = (
        100_000_000
    )
    max_open_jobs: Annotated[
        int, Meta(description="Open jobs of one account; 20 behaves as the service (B105).", ge=1)
    ] = 1000
    requests_per_second: Annotated[
        float, Meta(description="Requests of one account a second; 0 means no limit (B242).", ge=0)
    ] = 0.0
    retention_days: Annotated[float, Meta(description="Days that results are kept after a job's end (B117).", gt=0)] = (
        7.0
    )
    min_face_px: Annotated[
        int,
        Meta(
            description="Smallest face given, pixels at 1080p, scaled to the frame; 40 behaves as the service (B192).",
            ge=0,
        ),
    ] = 0
    extended: Annotated[
        bool, Meta(description="Add FaceOccluded and EyeDirection to videos, which the service leaves out (B148).")
    ] = False
    sns_endpoint: Annotated[str, Meta(description="SNS for completion messages: an address, or aws. Empty: none.")] = ""
    sts_endpoint: Annotated[
        str, Meta(description="STS that RoleArn is assumed through before publishing. Empty: not assumed.")
    ] = ""
    webhook: Annotated[
        tuple[str, ...], Meta(description="Deliver a topic's messages by HTTP, as TOPIC_ARN=URL; may be repeated.")
    ] = ()
    lease_seconds: Annotated[
        int, Meta(description="Time after which a silent worker's work is given to another, seconds.", ge=3)
    ] = 30
    sample_timeout: Annotated[
        int, Meta(description="Longest time without progress before a slot is ended, seconds.", ge=1)
    ] = 120
    slot_memory_mb: Annotated[int, Meta(description="Address space that one slot may use, MiB.", ge=512)] = 6144
    picture_timeout: Annotated[int, Meta(description="Longest time that one picture may take, seconds.", ge=1)] = 30
    providers: Annotated[
        tuple[str, ...],
        Meta(description="Execution providers of ONNX Runtime, in order; one that is missing stops the start."),
    ] = ("CPUExecutionProvider",)
    weights_profile: Annotated[
        WeightsProfile,
        Meta(description="Weights that may be loaded: research is all, permissive those fit for commercial use."),
    ] = WeightsProfile.RESEARCH
    log_level: Annotated[str, Meta(description="debug, info, warning or error.")] = "info"

    def __post_init__(self) -> None:
        if self.s3_addressing not in {"auto", "path", "virtual"}:
            raise ValueError(f"s3_addressing is {self.s3_addressing!r}; it must be auto, path or virtual")
        if self.log_level not in {"debug", "info", "warning", "error"}:
            raise ValueError(f"log_level is {self.log_level!r}; it must be debug, info, warning or error")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key go together")
        for option, values in (("bucket", self.bucket), ("webhook", self.webhook)):
            for value in values:
                if not all(value.partition("=")[::2]):
                    raise ValueError(f"{option} is {value!r}; it must be of the form NAME=VALUE")

    @property
    def data_dir(self) -> Path:
        """The folder of all state."""
        return Path(self.data).expanduser().absolute()

    @property
    def database_file(self) -> Path:
        """SQLite's file, where no other database is set."""
        return self.data_dir / "faceline.sqlite3"

    @property
    def database_url(self) -> str:
        """SQLAlchemy's address of the database."""
        return self.database or f"sqlite:///{self.database_file}"

    @property
    def picture_socket(self) -> Path:
        """Unix socket of the picture process."""
        return self.data_dir / "picture.sock"

    @property
    def slots(self) -> int:
        """Number of slots."""
        return self.workers or len(os.sched_getaffinity(0))


FIELDS = {field.name: field for field in msgspec.structs.fields(Settings)}
_LISTS = {name for name, field in FIELDS.items() if isinstance(field.default, tuple)}


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables from which `load` makes the same settings again: how a process hands them to its children."""
    values = {name: getattr(settings, name) for name in FIELDS}
    return {
        f"FACELINE_{name.upper()}": msgspec.json.encode(value).decode() if name in _LISTS else str(value)
        for name, value in values.items()
    }


def _list_of(text: str) -> list[str]:
    """A list in a variable: a JSON array, or words separated by commas."""
    if text.lstrip().startswith("["):
        try:
            return msgspec.json.decode(text, type=list[str])
        except msgspec.DecodeError as error:
            raise SettingsError(f"setting is wrong: {text!r} is no list: {error}") from error
    return [part.strip() for part in text.split(",") if part.strip()]


def load(options: Mapping[str, object], environment: Mapping[str, str], config_file: str | None = None) -> Settings:
    """Join options over environment over file.

    options      field name -> value as given on the command line; what was not given is left out
    environment  variables; `FACELINE_<FIELD>` is read, lists are separated by commas or JSON
    config_file  path of a TOML file with field names as keys
    Raises       SettingsError with one line: which setting, what is wrong with it
    """
    values: dict[str, object] = {}
    if config_file:
        try:
            values |= tomllib.loads(Path(config_file).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"settings file {config_file}: {error}") from error
    for name in FIELDS:
        text = environment.get(f"FACELINE_{name.upper()}")
        if text is not None:
            values[name] = _list_of(text) if name in _LISTS else text
    values |= options
    try:
        return msgspec.convert(values, Settings, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"setting is wrong: {error}") from error
