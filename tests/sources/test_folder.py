"""Folders as buckets: what may be opened, and what a changed file does to a job."""

import os
from pathlib import Path

import pytest

from faceline.domain.faults import JobFailed, JobFault, Refused, RequestFault
from faceline.domain.job import ObjectRef
from faceline.sources.buckets import Buckets
from faceline.sources.folder import FolderSource


@pytest.fixture
def root(tmp_path: Path) -> Path:
    bucket = tmp_path / "bucket"
    (bucket / "year one").mkdir(parents=True)
    (bucket / "year one" / "fünf.mp4").write_bytes(b"0123456789")
    (tmp_path / "secret").write_bytes(b"secret")
    (bucket / "out").symlink_to(tmp_path / "secret")
    (bucket / "in").symlink_to(bucket / "year one" / "fünf.mp4")
    os.mkfifo(bucket / "pipe")
    return bucket


def ref(key: str, version: str | None = None) -> ObjectRef:
    return ObjectRef("bucket", key, version)


@pytest.mark.parametrize("key", ["year one/fünf.mp4", "in"])
def test_keys_with_blanks_and_unicode_are_found(root: Path, key: str) -> None:
    source = FolderSource(root)
    pin = source.pin(ref(key))
    stream = source.open(ref(key), pin)
    assert (pin.size, stream.seek(3), stream.read(4), stream.tell()) == (10, 3, b"3456", 7)
    stream.close()


@pytest.mark.parametrize(
    "key",
    ["../secret", "year one/../../secret", "/etc/hostname", "out", "", ".", "..", "year one", "year one/", "a//b",
     "pipe", "year one/fünf.mp4/x", "none", "in\0", "x" * 1024],
)  # fmt: skip
def test_nothing_outside_and_nothing_but_files_is_opened(root: Path, key: str) -> None:
    with pytest.raises(Refused) as refusal:
        FolderSource(root).pin(ref(key))
    assert refusal.value.fault is RequestFault.OBJECT_MISSING


def test_a_folder_has_no_versions(root: Path) -> None:
    with pytest.raises(Refused):
        FolderSource(root).pin(ref("in", version="1"))


def test_a_file_that_changes_while_it_is_read_fails_the_job(root: Path) -> None:
    """B120."""
    source, path = FolderSource(root), root / "year one" / "fünf.mp4"
    pin = source.pin(ref("in"))
    stream = source.open(ref("in"), pin)
    stream.read(2)
    path.write_bytes(b"something else")
    with pytest.raises(JobFailed) as changed:
        stream.read(2)
    with pytest.raises(JobFailed) as reopened:
        source.open(ref("in"), pin)
    path.unlink()
    with pytest.raises(JobFailed) as gone:
        source.open(ref("in"), pin)
    faults = [error.value.fault for error in (changed, reopened, gone)]
    assert faults == [JobFault.OBJECT_CHANGED, JobFault.OBJECT_CHANGED, JobFault.OBJECT_GONE]


def test_fetch_refuses_more_than_the_limit(root: Path) -> None:
    source = FolderSource(root)
    assert source.fetch(ref("in"), 10) == b"0123456789"
    with pytest.raises(Refused) as refusal:
        source.fetch(ref("in"), 9)
    assert refusal.value.fault is RequestFault.PICTURE_TOO_LARGE


@pytest.mark.parametrize("bucket", ["..", ".", "other", "secret"])
def test_only_folders_below_the_root_are_buckets(root: Path, bucket: str) -> None:
    buckets = Buckets({}, root.parent, None)
    assert buckets.pin(ref("in")).size == 10
    with pytest.raises(Refused):
        buckets.pin(ObjectRef(bucket, "in"))


def test_a_named_bucket_goes_before_the_root(root: Path) -> None:
    buckets = Buckets({"films": root}, root.parent, None)
    assert buckets.fetch(ObjectRef("films", "in"), 100) == b"0123456789"
