"""Find the faces of a stored video with Amazon Rekognition's API: start, poll, page.

Nothing in here knows faceline. The address of the service comes from where boto3 always takes it, for example:

    AWS_ENDPOINT_URL_REKOGNITION=http://127.0.0.1:8377 python faces_in_video.py my-bucket film.mp4
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import boto3

POLL_SECONDS = 0.5


def start(rekognition: Any, bucket: str, key: str) -> str:
    """Start the analysis; the job's id."""
    answer = rekognition.start_face_detection(
        Video={"S3Object": {"Bucket": bucket, "Name": key}}, FaceAttributes="ALL", JobTag="example"
    )
    return str(answer["JobId"])


def wait(rekognition: Any, job_id: str) -> dict[str, Any]:
    """Poll until the job has ended; the first page. Raises RuntimeError when it failed."""
    while True:
        page: dict[str, Any] = rekognition.get_face_detection(JobId=job_id, MaxResults=100)
        if page["JobStatus"] == "SUCCEEDED":
            return page
        if page["JobStatus"] == "FAILED":
            raise RuntimeError(page["StatusMessage"])
        time.sleep(POLL_SECONDS)


def all_faces(rekognition: Any, job_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Metadata of the video, and every face in order of time."""
    page = wait(rekognition, job_id)
    metadata = page["VideoMetadata"]
    faces = list(page["Faces"])
    while "NextToken" in page:
        page = rekognition.get_face_detection(JobId=job_id, MaxResults=100, NextToken=page["NextToken"])
        faces += page["Faces"]
    return metadata, faces


def row(element: dict[str, Any]) -> str:
    """One readable line of the table."""
    face = element["Face"]
    box, pose = face["BoundingBox"], face["Pose"]
    return (
        f"{element['Timestamp'] / 1000:7.2f}  {face['Confidence']:5.1f}  "
        f"{box['Left']:5.2f} {box['Top']:5.2f} {box['Width']:5.2f} {box['Height']:5.2f}  "
        f"{round(pose['Yaw']):4d} {round(pose['Pitch']):4d} {round(pose['Roll']):4d}  {look(face)}"
    ).rstrip()


def look(face: dict[str, Any]) -> str:
    """The columns of what a face looks like; empty where a server does not tell it."""
    if "AgeRange" not in face:
        return ""
    emotion = face["Emotions"][0]
    worn = [name for name in ("Eyeglasses", "Sunglasses", "Beard", "Mustache") if face[name]["Value"]]
    does = [name for name in ("Smile", "MouthOpen") if face[name]["Value"]]
    if not face["EyesOpen"]["Value"]:
        does.append("EyesClosed")
    return (
        f"{face['AgeRange']['Low']:2d}-{face['AgeRange']['High']:<3d} "
        f"{face['Gender']['Value']:6s} {face['Gender']['Confidence']:3.0f}  "
        f"{emotion['Type']:9s} {emotion['Confidence']:3.0f}  {' '.join(does + worn)}"
    )


HEADER = (
    " time s   conf  left   top  width height  yaw pitch roll  age   gender   %  emotion     %  seen\n"
    "               (shares of the frame)      (degrees)     years"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket")
    parser.add_argument("key")
    parser.add_argument("--json", type=Path, help="also write every face to this file")
    options = parser.parse_args()

    rekognition = boto3.client("rekognition")
    metadata, faces = all_faces(rekognition, start(rekognition, options.bucket, options.key))
    print(
        f"{options.key}: {metadata['Codec']} in {metadata['Format']}, {metadata['FrameWidth']} x "
        f"{metadata['FrameHeight']} px, {metadata['FrameRate']:.2f} frames/s, {metadata['DurationMillis'] / 1000:.2f} s"
    )
    print(HEADER)
    for element in faces:
        print(row(element))
    print(f"{len(faces)} faces at {len({element['Timestamp'] for element in faces})} times")
    if options.json:
        options.json.write_text(json.dumps({"VideoMetadata": metadata, "Faces": faces}, indent=1) + "\n")


if __name__ == "__main__":
    main()
