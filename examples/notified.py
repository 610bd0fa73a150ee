"""The classic flow of Rekognition Video: upload, start with a NotificationChannel, wait for the message, page.

Against AWS it runs as it is. Against other endpoints only the environment changes, for example:

    AWS_ENDPOINT_URL_REKOGNITION=http://127.0.0.1:8377 AWS_ENDPOINT_URL_S3=http://127.0.0.1:5000 \\
    AWS_ENDPOINT_URL_SNS=http://127.0.0.1:5000 AWS_ENDPOINT_URL_SQS=http://127.0.0.1:5000 \\
    python notified.py film.mp4 --bucket my-bucket --role arn:aws:iam::123456789012:role/Rekognition
"""

import argparse
import json
from pathlib import Path
from typing import Any

import boto3

TOPIC = "AmazonRekognitionFaces"
WAIT_SECONDS = 20


def make_channel(sns: Any, sqs: Any) -> tuple[str, str]:
    """A topic, and a queue that gets its messages; topic ARN and queue address."""
    topic = sns.create_topic(Name=TOPIC)["TopicArn"]
    queue = sqs.create_queue(QueueName=TOPIC)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    return topic, queue


def wait(sqs: Any, queue: str, job_id: str) -> str:
    """Wait for the completion message of one job; its Status."""
    while True:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=WAIT_SECONDS, MaxNumberOfMessages=10)
        for received in answer.get("Messages", []):
            message = json.loads(json.loads(received["Body"])["Message"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=received["ReceiptHandle"])
            if message["JobId"] == job_id:
                return str(message["Status"])


def pages(rekognition: Any, job_id: str) -> list[dict[str, Any]]:
    """Every face of a finished job."""
    faces: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = rekognition.get_face_detection(JobId=job_id, MaxResults=1000, **token)
        faces += page["Faces"]
        if "NextToken" not in page:
            return faces
        token = {"NextToken": page["NextToken"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--role", required=True, help="ARN of the role that lets the service publish")
    options = parser.parse_args()

    s3, sns, sqs, rekognition = (boto3.client(name) for name in ("s3", "sns", "sqs", "rekognition"))
    s3.upload_file(str(options.video), options.bucket, options.video.name)
    topic, queue = make_channel(sns, sqs)
    job_id = rekognition.start_face_detection(
        Video={"S3Object": {"Bucket": options.bucket, "Name": options.video.name}},
        NotificationChannel={"SNSTopicArn": topic, "RoleArn": options.role},
        FaceAttributes="ALL",
    )["JobId"]
    print(f"job {job_id} is started")
    status = wait(sqs, queue, job_id)
    print(f"job {job_id} has ended as {status}")
    if status == "SUCCEEDED":
        for element in pages(rekognition, job_id):
            face = element["Face"]
            emotion = face["Emotions"][0] if "Emotions" in face else {"Type": "face", "Confidence": face["Confidence"]}
            print(f"{element['Timestamp'] / 1000:8.3f} s  {emotion['Type']:9s} {emotion['Confidence']:5.1f} %")


if __name__ == "__main__":
    main()
