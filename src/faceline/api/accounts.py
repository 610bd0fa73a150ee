"""Who may call: the credentials file, and the caller that a request turns out to be.

The file is TOML, one table for each access key:

    [[key]]
    access_key = "AKIAEXAMPLE"
    secret_key = "..."
    account = "123456789012"
    user = "alice"                              # shown in refusals; default "faceline"
    session_token = "..."                       # for temporary keys
    expires = 2030-01-01T00:00:00Z              # for temporary keys; with time zone
    buckets = ["media", "archive-*"]            # default: all; * and ? are wildcards
    operations = ["StartFaceDetection"]         # default: all
    topics = ["arn:aws:sns:eu-west-1:*:faces"]  # default: all
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

EVERYTHING = ("*",)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sends a request, as the server knows it.

    account      twelve digits
    buckets, operations, topics   patterns of what the caller may use; `*` and `?` are wildcards
    """

    account: str
    user: str
    buckets: tuple[str, ...] = EVERYTHING
    operations: tuple[str, ...] = EVERYTHING
    topics: tuple[str, ...] = EVERYTHING

    @property
    def arn(self) -> str:
        """As refusals name the caller (B47)."""
        return f"arn:aws:iam::{self.account}:user/{self.user}"

    def may_call(self, operation: str) -> bool:
        """Whether the caller may use an operation."""
        return _matches(operation, self.operations)

    def may_read(self, bucket: str) -> bool:
        """Whether the caller may read from a bucket."""
        return _matches(bucket, self.buckets)

    def may_notify(self, topic_arn: str) -> bool:
        """Whether the caller's jobs may publish to a topic."""
        return _matches(topic_arn, self.topics)


ANONYMOUS = Caller("000000000000", "anonymous")
"""Everybody, where no credentials file exists (B32)."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One key of the file. `expires` is None for a key that never does."""

    id: str
    secret: str = field(repr=False)
    caller: Caller
    session_token: str | None = field(default=None, repr=False)
    expires: datetime | None = None


class CredentialsError(Exception):
    """The credentials file cannot be used; the text is one line that says why and shows no secret."""


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    access_key: Annotated[str, Meta(pattern=r"^\w{1,128}$")]
    secret_key: Annotated[str, Meta(min_length=1)]
    account: Annotated[str, Meta(pattern=r"^[0-9]{12}$")]
    user: Annotated[str, Meta(pattern=r"^[\w+=,.@-]{1,64}$")] = "faceline"
    session_token: Annotated[str, Meta(min_length=1)] | None = None
    expires: Annotated[datetime, Meta(tz=True)] | None = None
    buckets: tuple[str, ...] = EVERYTHING
    operations: tuple[str, ...] = EVERYTHING
    topics: tuple[str, ...] = EVERYTHING


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: Annotated[tuple[_Key, ...], Meta(min_length=1)]


def load_credentials(path: Path) -> Mapping[str, AccessKey]:
    """The keys of a credentials file by access key. Raises CredentialsError."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise CredentialsError(f"credentials file {path}: {error}") from error
    keys = {key.access_key: _access_key(key) for key in file.key}
    if len(keys) != len(file.key):
        raise CredentialsError(f"credentials file {path}: an access key stands there twice")
    return keys


def _access_key(key: _Key) -> AccessKey:
    caller = Caller(key.account, key.user, key.buckets, key.operations, key.topics)
    return AccessKey(key.access_key, key.secret_key, caller, key.session_token, key.expires)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
