"""What a worker and its slots say to each other, one JSON line each way over the slot's standard input and output."""

from typing import BinaryIO

import msgspec

from faceline.domain.job import Lease, WorkKind


class Assignment(msgspec.Struct, frozen=True, tag="assignment"):
    """Worker to slot: do this work."""

    job_id: str
    kind: WorkKind
    number: int
    token: str
    attempt: int

    @property
    def lease(self) -> Lease:
        """The lease that the work is done under."""
        return Lease(self.job_id, self.kind, self.number, self.token, self.attempt)


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """Slot to worker: the work goes on."""


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Slot to worker: the work is done and stored, or its lease was lost; the slot is free."""


class GivenBack(msgspec.Struct, frozen=True, tag="given_back"):
    """Slot to worker: the work could not go on for a reason that is not its own; it counts as no attempt."""

    why: str


class Broken(msgspec.Struct, frozen=True, tag="broken"):
    """Slot to worker: this attempt failed with the named `JobFault`; the slot is free unless `fatal`."""

    fault: str
    detail: str
    fatal: bool = False


Report = Progress | Done | GivenBack | Broken

_encoder = msgspec.json.Encoder()
_assignments = msgspec.json.Decoder(Assignment)
_reports: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)


def assignment_of(lease: Lease) -> Assignment:
    """The assignment that hands `lease` over."""
    return Assignment(lease.job_id, lease.kind, lease.number, lease.token, lease.attempt)


def write(stream: BinaryIO, message: Assignment | Report) -> None:
    """Send one message. Raises OSError when the other side is gone."""
    stream.write(_encoder.encode(message) + b"\n")
    stream.flush()


def parse_assignment(line: bytes) -> Assignment:
    """Raises msgspec.DecodeError."""
    return _assignments.decode(line)


def parse_report(line: bytes) -> Report:
    """Raises msgspec.DecodeError."""
    return _reports.decode(line)
