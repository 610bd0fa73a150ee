"""Objects in S3: what is asked of the store, and what a changed, removed or silent one does to a job."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from faceline.domain.faults import JobFailed, JobFault, Refused, RequestFault
from faceline.domain.job import ObjectRef
from faceline.domain.ports import ByteStream, Source
from faceline.media.container import MediaLimits
from faceline.media.probe import probe
from faceline.settings import Settings
from faceline.sources.blocks import BLOCK_BYTES
from faceline.sources.buckets import Buckets, buckets_from
from faceline.sources.s3 import S3Source
from tests.live.clips import render
from tests.live.moto import Asked, Recorder, recording
from tests.live.serving import CREDENTIALS

MIB = 1 << 20
CLIP_S = 60


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up ones, and none of this machine's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def admin(moto: str) -> Iterator[Any]:
    """A client that puts things into the store; one bucket without versions, one with."""
    client = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="plain")
    client.create_bucket(Bucket="versioned")
    client.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    yield client
    client.close()


@pytest.fixture
def recorder(moto: str) -> Iterator[Recorder]:
    with recording(moto) as opened:
        yield opened


@pytest.fixture
def source(recorder: Recorder, admin: Any) -> Iterator[S3Source]:
    """The store as the server sees it, through the recorder; it gives up at the first failure."""
    assert admin
    made = impatient(S3Source(recorder.address, "us-east-1", "auto"))
    yield made
    made._client().close()


def impatient(source: S3Source) -> S3Source:
    source._config = source._config.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}))
    return source


def plain(key: str) -> ObjectRef:
    return ObjectRef("plain", key)


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that repeat nowhere near."""
    return b"".join((seed + number).to_bytes(4, "big") for number in range(size // 4))


@contextmanager
def opened(source: Source, ref: ObjectRef) -> Iterator[ByteStream]:
    stream = source.open(ref, source.pin(ref))
    try:
        yield stream
    finally:
        stream.close()


def read_whole(source: Source, ref: ObjectRef) -> bytes:
    with opened(source, ref) as stream:
        return stream.read()


def job_fault(stream: ByteStream) -> JobFault:
    with pytest.raises(JobFailed) as failed:
        stream.read()
    return failed.value.fault


def pin_fault(source: Source, ref: ObjectRef) -> RequestFault:
    with pytest.raises(Refused) as refused:
        source.pin(ref)
    return refused.value.fault


@pytest.mark.parametrize(
    "key",
    ["a b/c d.mp4", "fünf/€/日本.mp4", "plus+and%20percent.mp4", "q?x=1&y=#2;'\"!*().mp4", "/slash//twice/", "..", "~"],
)
def test_keys_of_every_kind(source: S3Source, admin: Any, key: str) -> None:
    body = content(4096, len(key))
    admin.put_object(Bucket="plain", Key=key, Body=body)
    assert source.pin(plain(key)).size == len(body)
    assert read_whole(source, plain(key)) == body
    assert source.fetch(plain(key), len(body)) == body


def test_an_object_uploaded_in_parts(source: S3Source, admin: Any) -> None:
    """Its ETag is no digest of its bytes; it serves as a condition all the same."""
    body = content(11 * MIB)
    upload = admin.create_multipart_upload(Bucket="plain", Key="parts")["UploadId"]
    part = {"Bucket": "plain", "Key": "parts", "UploadId": upload}
    tags = [
        admin.upload_part(**part, PartNumber=number, Body=body[place : place + 6 * MIB])["ETag"]
        for number, place in enumerate(range(0, len(body), 6 * MIB), 1)
    ]
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
    admin.complete_multipart_upload(**part, MultipartUpload={"Parts": parts})
    assert source.pin(plain("parts")).etag.endswith('-2"')
    assert read_whole(source, plain("parts")) == body


def test_a_pinned_version_is_read_whatever_comes_later(source: S3Source, admin: Any) -> None:
    """B120."""
    ref, bodies = ObjectRef("versioned", "film.mp4"), [content(4096, seed) for seed in (1, 2)]
    admin.put_object(Bucket="versioned", Key=ref.key, Body=bodies[0])
    pin = source.pin(ref)
    assert pin.version
    admin.put_object(Bucket="versioned", Key=ref.key, Body=bodies[1])
    admin.delete_object(Bucket="versioned", Key=ref.key)
    stream = source.open(ref, pin)
    assert stream.read() == bodies[0]
    stream.close()
    assert pin_fault(source, ref) is RequestFault.OBJECT_MISSING


def test_a_version_by_name(source: S3Source, admin: Any) -> None:
    """B163."""
    bodies = [content(4096, seed) for seed in (3, 4)]
    versions = [admin.put_object(Bucket="versioned", Key="named", Body=body)["VersionId"] for body in bodies]
    for version, body in zip(versions, bodies, strict=True):
        ref = ObjectRef("versioned", "named", version)
        assert source.pin(ref).version == version
        assert read_whole(source, ref) == body
        assert source.fetch(ref, len(body)) == body
    assert pin_fault(source, ObjectRef("versioned", "named", "no-such-version")) is RequestFault.OBJECT_MISSING


def test_a_version_that_is_deleted_for_good_is_gone(source: S3Source, admin: Any) -> None:
    ref = ObjectRef("versioned", "short-lived")
    version = admin.put_object(Bucket="versioned", Key=ref.key, Body=content(4096))["VersionId"]
    with opened(source, ref) as stream:
        admin.delete_object(Bucket="versioned", Key=ref.key, VersionId=version)
        assert job_fault(stream) is JobFault.OBJECT_GONE


@pytest.mark.parametrize("size", [6 * MIB, 6 * MIB + 4, 4096], ids=["same size", "longer", "shorter"])
def test_an_object_that_changes_midway(source: S3Source, admin: Any, size: int) -> None:
    """B120: a fault, never a mixture."""
    admin.put_object(Bucket="plain", Key="changing", Body=content(6 * MIB))
    with opened(source, plain("changing")) as stream:
        assert stream.read(1000) == content(6 * MIB)[:1000]
        admin.put_object(Bucket="plain", Key="changing", Body=content(size, 7))
        assert job_fault(stream) is JobFault.OBJECT_CHANGED


def test_an_object_that_is_removed_midway(source: S3Source, admin: Any) -> None:
    admin.put_object(Bucket="plain", Key="leaving", Body=content(6 * MIB))
    with opened(source, plain("leaving")) as stream:
        stream.read(1000)
        admin.delete_object(Bucket="plain", Key="leaving")
        assert job_fault(stream) is JobFault.OBJECT_GONE


def test_an_object_that_changed_before_it_was_opened(source: S3Source, admin: Any) -> None:
    admin.put_object(Bucket="plain", Key="changed", Body=content(4096))
    pin = source.pin(plain("changed"))
    admin.put_object(Bucket="plain", Key="changed", Body=content(4096, 1))
    stream = source.open(plain("changed"), pin)
    assert job_fault(stream) is JobFault.OBJECT_CHANGED
    stream.close()


@pytest.mark.parametrize("ref", [ObjectRef("plain", "none"), ObjectRef("no-such-bucket", "none")])
def test_what_is_not_there_is_refused(source: S3Source, ref: ObjectRef) -> None:
    """B160."""
    assert pin_fault(source, ref) is RequestFault.OBJECT_MISSING
    with pytest.raises(Refused) as refused:
        source.fetch(ref, 10)
    assert refused.value.fault is RequestFault.OBJECT_MISSING


@pytest.mark.parametrize(
    ("status", "expected"),
    [(403, JobFault.OBJECT_GONE), (500, JobFault.STORE_UNAVAILABLE), (503, JobFault.STORE_UNAVAILABLE)],
)
def test_a_store_that_refuses_midway(
    source: S3Source, recorder: Recorder, admin: Any, status: int, expected: JobFault
) -> None:
    admin.put_object(Bucket="plain", Key="refused", Body=content(4096))
    with opened(source, plain("refused")) as stream:
        recorder.answer_with = status
        assert job_fault(stream) is expected
    assert pin_fault(source, plain("refused")) is RequestFault.OBJECT_MISSING


def test_a_connection_that_breaks_in_an_answer(source: S3Source, recorder: Recorder, admin: Any) -> None:
    admin.put_object(Bucket="plain", Key="broken-off", Body=content(4096))
    with opened(source, plain("broken-off")) as stream:
        recorder.cut = 1000
        assert job_fault(stream) is JobFault.STORE_UNAVAILABLE
    with pytest.raises(Refused) as refused:
        source.fetch(plain("broken-off"), MIB)
    assert refused.value.fault is RequestFault.OBJECT_MISSING


def test_a_store_that_does_not_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = impatient(S3Source(f"http://127.0.0.1:{taken.getsockname()[1]}", "us-east-1", "auto"))
        assert pin_fault(dead, plain("any")) is RequestFault.OBJECT_MISSING


def test_a_probe_reads_two_ranges_and_never_the_whole(
    source: S3Source, recorder: Recorder, admin: Any, tmp_path: Path
) -> None:
    """An MP4 whose index stands at the end: its first and its last MiB."""
    body = render(tmp_path / "clip.mp4", CLIP_S).read_bytes()
    assert len(body) > 4 * MIB
    admin.put_object(Bucket="plain", Key="clip.mp4", Body=body)
    with opened(source, plain("clip.mp4")) as stream:
        plan = probe(stream, MediaLimits())
    assert plan.facts.duration_ms == CLIP_S * 1000
    head, *gets = recorder.asked
    assert (head.method, head.range) == ("HEAD", None)
    assert [get.method for get in gets] == ["GET", "GET"]
    assert all(get.range and get.if_match for get in gets)
    assert max(get.size for get in gets) <= BLOCK_BYTES
    assert sum(get.size for get in gets) < len(body) / 2


def test_a_straight_run_asks_for_every_byte_once(source: S3Source, recorder: Recorder, admin: Any) -> None:
    body = content(9 * MIB)
    admin.put_object(Bucket="plain", Key="run", Body=body)
    before = threading.active_count()
    with opened(source, plain("run")) as stream:
        assert b"".join(iter(lambda: stream.read(65536), b"")) == body
    assert sum(get.size for get in recorder.requests("GET")) == len(body)
    assert len(recorder.requests("GET")) == 4
    assert all(get.range for get in recorder.requests("GET"))
    assert threading.active_count() <= before + 1, "the recorder's own connection may still be open"


def test_a_picture_is_one_request_and_never_larger_than_the_limit(
    source: S3Source, recorder: Recorder, admin: Any
) -> None:
    """B164."""
    body = content(4096)
    admin.put_object(Bucket="plain", Key="picture", Body=body)
    assert source.fetch(plain("picture"), 4096) == body
    assert recorder.asked == [Asked("GET", "/plain/picture", None, None, 4096)]
    with pytest.raises(Refused) as refused:
        source.fetch(plain("picture"), 4095)
    assert refused.value.fault is RequestFault.PICTURE_TOO_LARGE


@pytest.mark.parametrize(
    ("addressing", "address"),
    [
        ("auto", "http://store.example:9000/bucket/k%20ey"),
        ("virtual", "http://bucket.store.example:9000/k%20ey"),
        ("path", "http://store.example:9000/bucket/k%20ey"),
    ],
)
def test_addressing_and_region(addressing: str, address: str) -> None:
    """boto3's automatic choice for an endpoint of one's own is the path."""
    source = impatient(S3Source("http://store.example:9000", "eu-central-1", addressing))
    sent: list[AWSRequest] = []

    def keep(request: AWSRequest, **_: object) -> None:
        sent.append(request)
        raise EndpointConnectionError(endpoint_url=request.url)

    source._client().meta.events.register("before-send.s3", keep)
    assert pin_fault(source, ObjectRef("bucket", "k ey")) is RequestFault.OBJECT_MISSING
    assert sent[0].url == address
    assert b"/eu-central-1/s3/aws4_request" in sent[0].headers["Authorization"]


def test_credentials_in_the_environment_alone_never_make_a_call(
    recorder: Recorder, admin: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only an endpoint that the operator names is asked, and `aws` is such a name."""
    admin.put_object(Bucket="plain", Key="there", Body=content(4096))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", recorder.address)
    for settings in (Settings(), Settings(buckets=str(tmp_path))):
        buckets = buckets_from(settings)
        assert pin_fault(buckets, plain("there")) is RequestFault.OBJECT_MISSING
        with pytest.raises(Refused):
            buckets.fetch(plain("there"), MIB)
    assert recorder.asked == []
    asking = buckets_from(Settings(s3_endpoint="aws"))
    assert asking.pin(plain("there")).size == 4096
    assert len(recorder.asked) == 1
    close(asking)


def test_folders_go_before_s3(recorder: Recorder, admin: Any, tmp_path: Path) -> None:
    """A bucket not found below the folder is looked for in S3; a key not found in a folder's bucket is not."""
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "here").write_bytes(b"local")
    admin.put_object(Bucket="plain", Key="there", Body=b"remote")
    buckets = buckets_from(Settings(buckets=str(tmp_path), s3_endpoint=recorder.address))
    assert buckets.fetch(ObjectRef("local", "here"), 100) == b"local"
    assert pin_fault(buckets, ObjectRef("local", "there")) is RequestFault.OBJECT_MISSING
    assert recorder.asked == []
    assert buckets.fetch(plain("there"), 100) == b"remote"
    close(buckets)


def close(buckets: Buckets) -> None:
    assert isinstance(buckets._s3, S3Source)
    buckets._s3._client().close()
