"""Which store serves which bucket: named folders, then folders below `--buckets`, then S3 where it was configured."""

from pathlib import Path

from faceline.domain.faults import JobFailed, JobFault, Refused, RequestFault
from faceline.domain.job import ObjectPin, ObjectRef
from faceline.domain.ports import ByteStream, Source
from faceline.settings import Settings
from faceline.sources.folder import FolderSource
from faceline.sources.s3 import S3Source

AWS = "aws"


class Buckets:
    """All configured stores as one source."""

    def __init__(self, named: dict[str, Path], root: Path | None, s3: Source | None) -> None:
        self._named = named
        self._root = root
        self._s3 = s3

    def pin(self, ref: ObjectRef) -> ObjectPin:
        """See `Source.pin`."""
        return self._store(ref.bucket).pin(ref)

    def open(self, ref: ObjectRef, pin: ObjectPin) -> ByteStream:
        """See `Source.open`."""
        try:
            store = self._store(ref.bucket)
        except Refused as error:
            raise JobFailed(JobFault.OBJECT_GONE, error.detail) from error
        return store.open(ref, pin)

    def fetch(self, ref: ObjectRef, limit: int) -> bytes:
        """See `Source.fetch`."""
        return self._store(ref.bucket).fetch(ref, limit)

    def _store(self, bucket: str) -> Source:
        if bucket in self._named:
            return FolderSource(self._named[bucket])
        # A bucket's name has no slash (B77); `.` and `..` are folders, but no buckets.
        if self._root is not None and bucket.strip(".") and (self._root / bucket).is_dir():
            return FolderSource(self._root / bucket)
        if self._s3 is not None:
            return self._s3
        raise Refused(RequestFault.OBJECT_MISSING, f"no bucket {bucket!r} in a folder, and no S3 endpoint was given")


def buckets_from(settings: Settings) -> Buckets:
    """The stores that the settings name. Credentials in the environment alone never add the vendor's S3."""
    named = {name: Path(path).expanduser() for name, _, path in (entry.partition("=") for entry in settings.bucket)}
    root = Path(settings.buckets).expanduser() if settings.buckets else None
    s3: Source | None = None
    if settings.s3_endpoint:
        endpoint = None if settings.s3_endpoint == AWS else settings.s3_endpoint
        s3 = S3Source(endpoint, settings.s3_region, settings.s3_addressing)
    return Buckets(named, root, s3)
