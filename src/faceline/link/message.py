"""The two messages of the link, and how they are framed: four bytes of length, then MessagePack."""

import socket
import struct

import msgspec

from faceline.domain.face import PictureFaces
from faceline.domain.faults import RequestFault
from faceline.domain.job import FaceAttributes

LENGTH = struct.Struct("<I")
# The largest picture object (B164) and a little for the rest.
LARGEST = 16 * 1024**2


class PictureQuestion(msgspec.Struct, frozen=True, array_like=True):
    """A JPEG or PNG file, and what is wanted of its faces."""

    picture: bytes
    attributes: FaceAttributes


class PictureRefusal(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Why there is no answer: the name of a `RequestFault`."""

    fault: str
    detail: str

    @property
    def request_fault(self) -> RequestFault:
        """The named fault."""
        return RequestFault[self.fault]


class PictureAnswer(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The faces."""

    found: PictureFaces


def send(connection: socket.socket, message: msgspec.Struct) -> None:
    """Send one message. Raises OSError."""
    body = msgspec.msgpack.encode(message)
    connection.sendall(LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket) -> bytes:
    """One message's body. Raises EOFError when the peer is gone, ValueError when it is larger than `LARGEST`."""
    (length,) = LENGTH.unpack(_exactly(connection, LENGTH.size))
    if length > LARGEST:
        raise ValueError(f"a message of {length} bytes is over the limit of {LARGEST} bytes")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, size: int) -> bytes:
    body = bytearray(size)
    view = memoryview(body)
    filled = 0
    while filled < size:
        count = connection.recv_into(view[filled:])
        if count == 0:
            raise EOFError
        filled += count
    return bytes(body)
