"""GetFaceDetection through an unmodified boto3 (B51, B58, B113-B138, B150-B156)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from faceline.domain.faults import JobFault
from faceline.wire.answers import STATUS_MESSAGES
from tests.api.conftest import Service
from tests.api.harness import samples, serving, stack
from tests.api.judge import Judged

VIDEO = {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}}


def start(service: Service, **request: Any) -> str:
    """The JobId of a new job on the ordinary clip."""
    job_id: str = service.client.start_face_detection(**{"Video": VIDEO, **request})["JobId"]
    return job_id


def get(service: Service, job_id: str, **request: Any) -> dict[str, Any]:
    """The answer without what botocore adds."""
    answer = dict(service.client.get_face_detection(JobId=job_id, **request))
    del answer["ResponseMetadata"]
    return answer


def refused(service: Service, job_id: str, **request: Any) -> tuple[str, str, int]:
    """Code, text and status of the refusal that a Get meets."""
    with pytest.raises(ClientError) as error:
        service.client.get_face_detection(JobId=job_id, **request)
    answer = error.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def listing(service: Service, job_id: str, page: int) -> list[Any]:
    """All elements, page by page, as users loop (B137)."""
    elements: list[Any] = []
    request: dict[str, Any] = {"MaxResults": page}
    while True:
        answer = get(service, job_id, **request)
        elements += answer["Faces"]
        if "NextToken" not in answer:
            return elements
        assert len(answer["Faces"]) == page
        request["NextToken"] = answer["NextToken"]


@pytest.fixture
def finished(service: Service) -> str:
    """A job with 2 + 0 + 3 + 1 faces at 0, 500, 1000 and 1500 ms."""
    job_id = start(service)
    service.stack.work(samples(2, 0, 3, 1))
    return job_id


# ---- forms


def test_a_job_that_waits_and_one_that_runs(service: Service) -> None:
    """B113, B122, B124: both are IN_PROGRESS: the empty list, JobId and Video, no metadata, no message."""
    job_id = start(service, JobTag="my-tag")
    waiting = get(service, job_id)
    assert waiting == {"JobStatus": "IN_PROGRESS", "Faces": [], "JobId": job_id, "Video": VIDEO, "JobTag": "my-tag"}
    assert service.stack.begin() is not None
    assert get(service, job_id) == waiting


def test_a_finished_job(service: Service, finished: str) -> None:
    """B121, B123, B124, B126, B150-B155: no message, token, tag or version; metadata as the service writes it."""
    answer = get(service, finished)
    assert set(answer) == {"JobStatus", "VideoMetadata", "Faces", "JobId", "Video"}
    assert (answer["JobStatus"], answer["JobId"], answer["Video"]) == ("SUCCEEDED", finished, VIDEO)
    assert answer["VideoMetadata"] == {
        "Codec": "h264",
        "DurationMillis": 7415,
        "Format": "QuickTime / MOV",
        "FrameRate": 59.87440872192383,
        "FrameHeight": 1920,
        "FrameWidth": 1080,
        "ColorRange": "LIMITED",
    }


def test_version_and_tag_come_back(service: Service) -> None:
    """B124: JobTag and Version only if they were given."""
    video = {"S3Object": {**VIDEO["S3Object"], "Version": "1"}}
    job_id = start(service, Video=video, JobTag="t")
    service.stack.work(samples(1))
    answer = get(service, job_id)
    assert (answer["Video"], answer["JobTag"]) == (video, "t")


def test_faces_stand_in_order_of_time(service: Service, finished: str) -> None:
    """B13, B121, B143, B145, B147: whole milliseconds, rising; samples without a face leave no element."""
    elements = get(service, finished)["Faces"]
    assert [element["Timestamp"] for element in elements] == [0, 0, 1000, 1000, 1000, 1500]
    assert all(list(element) == ["Timestamp", "Face"] for element in elements)
    boxes = [element["Face"]["BoundingBox"] for element in elements[2:5]]
    areas = [box["Width"] * box["Height"] for box in boxes]
    assert areas == sorted(areas, reverse=True)


def test_a_video_without_faces(service: Service) -> None:
    """B116: SUCCEEDED with an empty list."""
    job_id = start(service)
    service.stack.work(samples(0, 0))
    answer = get(service, job_id)
    assert (answer["JobStatus"], answer["Faces"]) == ("SUCCEEDED", [])


@pytest.mark.parametrize(("attributes", "members", "landmarks"), [("DEFAULT", 5, 5), ("ALL", 15, 30)])
def test_what_each_set_of_attributes_shows(service: Service, attributes: str, members: int, landmarks: int) -> None:
    """B148, B149: 5 members and 5 landmarks, or 15 members and 30 landmarks."""
    job_id = start(service, FaceAttributes=attributes)
    service.stack.work(samples(1))
    (element,) = get(service, job_id)["Faces"]
    assert (len(element["Face"]), len(element["Face"]["Landmarks"])) == (members, landmarks)
    assert not {"FaceOccluded", "EyeDirection"} & set(element["Face"])


def test_extended_adds_two_members(tmp_path: Path) -> None:
    """B148: only where the operator wants more than the service gives."""
    with stack(tmp_path, extended=True) as installation, serving(installation.app()) as address:
        service = Service(installation, address, Judged(address))
        job_id = start(service, FaceAttributes="ALL")
        installation.work(samples(1))
        (element,) = get(service, job_id)["Faces"]
        assert len(element["Face"]) == 17
        assert service.judged.complaints == []


@pytest.mark.parametrize("fault", list(JobFault))
def test_a_failed_job(service: Service, fault: JobFault) -> None:
    """B114, B115, B125: every way to fail has a message of the contract, an empty list, and no metadata."""
    job_id = start(service, JobTag="t")
    service.stack.work(fault)
    assert get(service, job_id) == {
        "JobStatus": "FAILED",
        "StatusMessage": STATUS_MESSAGES[fault],
        "Faces": [],
        "JobId": job_id,
        "Video": VIDEO,
        "JobTag": "t",
    }


def test_no_metadata_before_and_beside_success(service: Service) -> None:
    """B122, B125: the video's facts are known once it was opened, and are told only with its faces."""
    job_id = start(service)
    service.stack.plan()
    running = get(service, job_id)
    assert (running["JobStatus"], set(running)) == ("IN_PROGRESS", {"JobStatus", "Faces", "JobId", "Video"})
    service.stack.work(JobFault.NOT_DECODABLE)
    failed = get(service, job_id)
    assert (failed["JobStatus"], "VideoMetadata" in failed) == ("FAILED", False)


def test_the_status_messages_are_those_of_the_contract() -> None:
    """B114, B115, B120: nothing else is ever told to a client."""
    assert set(STATUS_MESSAGES) == set(JobFault)
    assert set(STATUS_MESSAGES.values()) == {
        "Unsupported codec/format.",
        "Video duration is more than the maximum limit.",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        "The video changed after the job was started.",
        "Internal server error",
    }
    assert STATUS_MESSAGES[JobFault.CODEC_UNSUPPORTED] == STATUS_MESSAGES[JobFault.NOT_A_VIDEO]
    assert STATUS_MESSAGES[JobFault.TOO_LONG] == "Video duration is more than the maximum limit."
    assert STATUS_MESSAGES[JobFault.OBJECT_CHANGED] == "The video changed after the job was started."


def test_a_final_state_stays(service: Service, finished: str) -> None:
    """B113, B138: two full answers of a finished job are equal."""
    before = get(service, finished)
    start(service)
    service.stack.work(samples(4))
    assert get(service, finished) == before


# ---- pages


def test_pages_of_any_size_give_the_same_list(service: Service, finished: str) -> None:
    """B130-B132, B136, B138: full pages, a token only while elements remain; a timestamp may be split over two."""
    whole = get(service, finished)["Faces"]
    for page in (1, 2, 4, 5, 6, 7):
        assert listing(service, finished, page) == whole


def test_a_page_has_a_thousand_elements_at_most(service: Service) -> None:
    """B130, B131: 1000 by default, and MaxResults above 1000 means 1000."""
    job_id = start(service)
    service.stack.work(samples(*([5] * 201)))
    first = get(service, job_id)
    assert len(first["Faces"]) == 1000
    assert len(get(service, job_id, MaxResults=5000)["Faces"]) == 1000
    rest = get(service, job_id, NextToken=first["NextToken"])
    assert len(rest["Faces"]) == 5
    assert "NextToken" not in rest
    assert rest["VideoMetadata"] == first["VideoMetadata"], "B126: metadata in every page"


def test_a_page_that_ends_with_the_list_has_no_token(service: Service, finished: str) -> None:
    """B123, B132: NextToken appears when elements remain, and only then."""
    assert "NextToken" not in get(service, finished, MaxResults=6)
    assert "NextToken" in get(service, finished, MaxResults=5)


def test_the_form_of_a_token(service: Service, finished: str) -> None:
    """B87, B132: 72 to 76 letters of standard base64."""
    token = get(service, finished, MaxResults=1)["NextToken"]
    assert re.fullmatch("[A-Za-z0-9+/=]{72,76}", token)


def test_an_empty_token_means_none(service: Service, finished: str) -> None:
    """B134: as the vendor's own sample program calls."""
    assert get(service, finished, NextToken="") == get(service, finished)


def test_a_token_may_be_used_again_and_with_another_page_size(service: Service, finished: str) -> None:
    """B135: the page starts at the same element."""
    token = get(service, finished, MaxResults=2)["NextToken"]
    once = get(service, finished, MaxResults=2, NextToken=token)
    assert get(service, finished, MaxResults=2, NextToken=token) == once
    assert get(service, finished, MaxResults=3, NextToken=token)["Faces"][:2] == once["Faces"]


def test_tokens_that_are_not_this_jobs(service: Service, finished: str) -> None:
    """B51, B133, B135: another job's, an edited one, an invented one, one of yesterday."""
    token = get(service, finished, MaxResults=1)["NextToken"]
    other = start(service)
    service.stack.work(samples(2, 2))
    error = ("InvalidPaginationTokenException", "Invalid Pagination Token", 400)
    assert refused(service, other, NextToken=token) == error
    assert refused(service, finished, NextToken=token[:-1] + ("A" if token[-1] != "A" else "B")) == error
    assert refused(service, finished, NextToken="nonsense") == error
    service.stack.clock.move(hours=24, seconds=1)
    assert refused(service, finished, NextToken=token) == error


def test_max_results_below_one(service: Service, finished: str) -> None:
    """B60, B86, B90, B131: boto3 refuses it itself; the server's own text is in the tests of the wire."""
    with pytest.raises(ParamValidationError):
        service.client.get_face_detection(JobId=finished, MaxResults=0)


# ---- unknown jobs


def test_a_job_that_is_not_known(service: Service) -> None:
    """B58, B128: also a JobId in capitals, or of another video operation, which this server never starts."""
    error = ("ResourceNotFoundException", "Could not find JobId", 400)
    assert refused(service, "0" * 64) == error
    assert refused(service, "never-started") == error


def test_results_are_kept_for_seven_days(service: Service, finished: str) -> None:
    """B117: seven days from the end, then the job is unknown, and its rows are really gone."""
    service.stack.clock.move(days=6, hours=23, minutes=59)
    assert get(service, finished)["JobStatus"] == "SUCCEEDED"
    service.stack.clock.move(minutes=2)
    assert refused(service, finished)[0] == "ResourceNotFoundException"
    service.stack.expire()
    assert all(job.id != finished for job in service.stack.queue.list_jobs())
    assert refused(service, finished)[0] == "ResourceNotFoundException"


def test_jobs_and_tokens_hold_across_a_restart(tmp_path: Path) -> None:
    """B106, B133: JobId, ClientRequestToken and NextToken are good at the next server on the same data."""
    with stack(tmp_path) as installation, serving(installation.app()) as address:
        service = Service(installation, address, Judged(address))
        job_id = start(service, ClientRequestToken="restart")
        installation.work(samples(3))
        token = get(service, job_id, MaxResults=1)["NextToken"]
    with stack(tmp_path) as installation, serving(installation.app()) as address:
        service = Service(installation, address, Judged(address))
        assert start(service, ClientRequestToken="restart") == job_id
        assert len(get(service, job_id, NextToken=token)["Faces"]) == 2
        assert service.judged.complaints == []


def test_botocore_offers_no_paginator(service: Service) -> None:
    """B137: users loop by hand, which `listing` here does as well."""
    assert not service.client.can_paginate("get_face_detection")
    assert service.client.waiter_names == [name for name in service.client.waiter_names if "face_detection" not in name]


def test_old_members_are_not_sent(service: Service, finished: str) -> None:
    """B156: FileExtension of old examples is not in the model and not in the answer."""
    assert "FileExtension" not in json.dumps(get(service, finished))
