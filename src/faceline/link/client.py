"""The asking side: used by the API process, holds no codec and no model."""

import socket
import time
from pathlib import Path

import msgspec

from faceline.domain.face import PictureFaces
from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import FaceAttributes
from faceline.link.message import PictureAnswer, PictureQuestion, PictureRefusal, receive, send

# A picture process that died of a picture is back after a second or two: its supervisor starts it again at once.
RESTART_PATIENCE_S = 10.0
CONNECT_PAUSE_S = 0.05


class PictureClient:
    """Asks the picture process, one connection a picture: a broken picture can spoil no other request.

    timeout_s    longest silence of the picture process while it has the picture, seconds
    patience_s   how long a picture process that is not there is waited for, seconds
    """

    def __init__(self, address: Path, timeout_s: float, patience_s: float = RESTART_PATIENCE_S) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._patience_s = patience_s

    def analyse(self, picture: bytes, attributes: FaceAttributes) -> PictureFaces:
        """The faces of one picture. Raises Refused with the picture process's fault, or BROKEN if it died or hung."""
        try:
            with self._connected() as connection:
                send(connection, PictureQuestion(picture, attributes))
                body = receive(connection)
            answer = msgspec.msgpack.decode(body, type=PictureAnswer | PictureRefusal)
        except (OSError, EOFError, ValueError, msgspec.DecodeError) as error:
            raise Refused(RequestFault.BROKEN, f"picture process: {type(error).__name__}") from error
        if isinstance(answer, PictureRefusal):
            raise Refused(answer.request_fault, answer.detail)
        return answer.found

    def _connected(self) -> socket.socket:
        """A connection, as soon as somebody listens. Raises OSError."""
        deadline = time.monotonic() + self._patience_s
        while True:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(self._timeout_s)
            try:
                connection.connect(str(self._address))
            except (ConnectionRefusedError, FileNotFoundError):
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(CONNECT_PAUSE_S)
            except OSError:
                connection.close()
                raise
            else:
                return connection
