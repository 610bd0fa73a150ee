"""The completion message to the letter (B170-B173, B177)."""

import json

import pytest

from faceline.notify.message import completion

# Shapes as seen on the real service (B170); the tag is left out when none was given (B171).
SEEN = (
    '{"JobId":"8acd9edd6edfb0e4985f8cd269e4863e54f7fcd451af6aafe10b32996dedcdf4","Status":"SUCCEEDED",'
    '"API":"StartFaceDetection","JobTag":"tag:1","Timestamp":1515733532180,'
    '"Video":{"S3ObjectName":"a b/ä.mp4","S3Bucket":"films"}}'
)


def _said(tag: str | None, status: str = "SUCCEEDED", key: str = "a b/ä.mp4") -> str:
    return completion(
        job_id="8acd9edd6edfb0e4985f8cd269e4863e54f7fcd451af6aafe10b32996dedcdf4",
        status=status,
        tag=tag,
        ended_ms=1515733532180,
        bucket="films",
        key=key,
    )


def test_b170_keys_and_order_are_the_services() -> None:
    assert _said("tag:1") == SEEN


def test_b171_no_tag_no_member() -> None:
    assert _said(None) == SEEN.replace('"JobTag":"tag:1",', "")


def test_b173_a_failure_says_no_reason() -> None:
    assert _said("tag:1", "FAILED") == SEEN.replace("SUCCEEDED", "FAILED")


@pytest.mark.parametrize("key", ['q"uote.mp4', "line\nbreak", "\x01", "back\\slash", "\u2028"])
def test_any_key_comes_back_and_stays_on_one_line(key: str) -> None:
    said = _said(None, key=key)
    assert json.loads(said)["Video"]["S3ObjectName"] == key
    assert "\n" not in said
