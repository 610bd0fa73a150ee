"""docs/errors.md, from the tables of faults and of their forms on the wire."""

from typing import cast

from faceline.api.errors import ERRORS, FRAMEWORK_ERRORS
from faceline.api.operations import offered
from faceline.domain.faults import JobFault, RequestFault
from faceline.service.detect_faces import DetectFaces
from faceline.service.face_detection import FaceDetection
from faceline.wire.answers import STATUS_MESSAGES
from tools.pages.markdown import code, generated, table

EXAMPLES = {
    RequestFault.VIDEO_TOO_LARGE: "12884901888 is more than the maximum limit of: 10737418240",
    RequestFault.TOKEN_REUSED: "upload-17",
    RequestFault.TOO_MANY_JOBS: "1000  open Jobs for User 123456789012. Maximum limit: 1000",
    RequestFault.DENIED: (
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: rekognition:StartFaceDetection"
    ),
}
"""What a refusal fills the gap of its text with."""

INTRODUCTION = """
# Errors

Every way to fail is a row of this page. Numbers such as B54 are rows of [the table of behaviours](behaviours.md).

An error of an operation has this body; `__type` is what an SDK calls the error's code:

```json
{
  "__type": "InvalidParameterException",
  "Code": "InvalidParameterException",
  "Message": "Request has invalid parameters"
}
```

In boto3 it is `client.exceptions.InvalidParameterException`, a `ClientError` whose `response["Error"]["Code"]` is that
name. The request id in `response["ResponseMetadata"]["RequestId"]` (header `x-amzn-requestid`) is also in the server's
log, in the line of that request.

## Refused requests

Numbers, names and ARNs in the texts are examples. "Again": whether the same request may succeed later; boto3 repeats
those by itself, 3 attempts in all with its default settings.

"""

FRAMEWORK = """
## Refused before the operation

No operation declares these; an SDK raises them as a plain `ClientError` with the same code.

"""

JOBS = """
## Failed jobs

The job ends with JobStatus FAILED. StatusMessage is what a client reads; the name of the fault, its cause and a detail
are for the operator: `faceline jobs show JOB`. "Tried again": the piece of work is tried again, three times in all,
before the job fails.

"""

END = """
## Command line

| exit code | when |
| --- | --- |
| 0 | all went well; `faceline serve`: stopped by SIGTERM or Ctrl-C |
| 1 | one line on standard error says why: a wrong setting, a port in use, a file that could not be analysed |
| 2 | wrong usage: an unknown option or a missing argument |

`faceline analyze` goes on with the next file after one that failed, and exits with 1 at the end. With `--json` the
file that failed has a document of its own, with the name of the fault from the tables above, or UNREADABLE where the
file could not be opened:

```json
{"Error": {"File": "letter.txt", "Code": "NOT_A_VIDEO", "Message": "The object is not a video that can be opened."}}
```

## Python

`faceline.analyze` and `faceline.probe` raise `faceline.JobFailed`, whose `fault` is a member of `faceline.JobFault`
(the table of failed jobs); `faceline.analyze_picture` raises `faceline.Refused`, whose `fault` is a member of
`faceline.RequestFault`. A file that cannot be opened raises `OSError`.
"""


def page() -> str:
    """The whole page."""
    return "".join(
        [
            generated(
                "`src/faceline/domain/faults.py`, `src/faceline/api/errors.py` and `src/faceline/wire/answers.py`"
            ),
            INTRODUCTION,
            table(("code", "status", "operations", "text", "cause", "remedy", "again", "number"), _refusals()),
            FRAMEWORK,
            table(("code", "status", "text", "cause", "remedy", "number"), _framework()),
            JOBS,
            table(("fault", "StatusMessage", "cause", "remedy", "tried again"), _job_faults()),
            END,
        ]
    )


def operations_of(fault: RequestFault) -> list[str]:
    """Operations that may refuse with a fault."""
    # Only the table is read; no operation is called, so nothing stands behind them.
    operations = offered(cast(FaceDetection, None), cast(DetectFaces, None))
    return [name for name, operation in operations.items() if fault in operation.faults]


def _refusals() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for fault, error in ERRORS.items():
        operations = operations_of(fault)
        where = "all" if len(operations) == 3 else ", ".join(operations)
        again = "yes" if fault.value.retry else "no"
        cause, remedy = fault.value.cause, fault.value.remedy
        text = code(_filled(fault, error.text))
        rows.append((code(error.code), str(error.status), where, text, cause, remedy, again, error.number))
    return rows


def _filled(fault: RequestFault, text: str) -> str:
    if "{}" in text and fault not in EXAMPLES:
        raise LookupError(f"the text of {fault.name} has a gap: add an example to tools/pages/errors_page.py")
    return text.replace("{}", EXAMPLES.get(fault, ""))


def _framework() -> list[tuple[str, ...]]:
    return [
        (code(error.code), str(error.status), code(error.text), error.cause, error.remedy, error.number)
        for error in FRAMEWORK_ERRORS
    ]


def _job_faults() -> list[tuple[str, ...]]:
    return [
        (
            code(fault.name),
            code(STATUS_MESSAGES[fault]),
            fault.value.cause,
            fault.value.remedy,
            "yes" if fault.value.retry else "no",
        )
        for fault in JobFault
    ]
