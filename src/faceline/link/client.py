"""The asking side: used by the API process, holds no codec and no model."""

import socket
from pathlib import Path

import msgspec

from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import FaceAttributes
from faceline.link.message import PictureAnswer, PictureFaces, PictureQuestion, PictureRefusal, receive, send


class PictureClient:
    """Asks the picture process, one connection a picture: a broken picture can spoil no other request."""

    def __init__(self, address: Path, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s

    def analyse(self, picture: bytes, attributes: FaceAttributes) -> PictureFaces:
        """The faces of one picture. Raises Refused with the picture process's fault, or BROKEN if it died or hung."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(self._timeout_s)
                connection.connect(str(self._address))
                send(connection, PictureQuestion(picture, attributes))
                body = receive(connection)
        except (OSError, EOFError) as error:
            raise Refused(RequestFault.BROKEN, f"picture process: {type(error).__name__}") from error
        answer = msgspec.msgpack.decode(body, type=PictureAnswer | PictureRefusal)
        if isinstance(answer, PictureRefusal):
            raise Refused(answer.request_fault, answer.detail)
        return answer.found
