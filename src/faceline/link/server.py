"""The answering side: accepts connections, keeps a bounded queue, answers one picture after the other."""

import queue
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from faceline.domain.face import PictureFaces
from faceline.domain.faults import Refused, RequestFault, Unusable
from faceline.link.message import PictureAnswer, PictureQuestion, PictureRefusal, receive, send

Answer = Callable[[PictureQuestion], PictureFaces]
# A client that connects and sends nothing must not hold a thread for ever.
RECEIVE_TIMEOUT_S = 30.0


class PictureServer:
    """Serves `answer` on a Unix socket.

    waiting   pictures that may wait; one more is refused with THROTTLED

    `answer` runs on the thread that calls `serve`, one picture at a time, so that a watchdog by signal works there.
    """

    def __init__(self, address: Path, answer: Answer, waiting: int) -> None:
        self._answer = answer
        self._questions: queue.Queue[tuple[socket.socket, PictureQuestion] | None] = queue.Queue(waiting)
        self._address = address
        self._listener = _listening(address)

    def serve(self) -> None:
        """Answer until `stop` is called. Raises whatever `answer` raises beside Refused: the process is to die."""
        threading.Thread(target=self._accept, name="picture-accept", daemon=True).start()
        while (waiting := self._questions.get()) is not None:
            connection, question = waiting
            with connection:
                self._reply(connection, self._outcome(question))

    def stop(self) -> None:
        """Let `serve` return once the pictures that wait are answered; may be called from a signal handler's thread."""
        self._address.unlink(missing_ok=True)
        self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would leave `accept` waiting
        self._listener.close()
        threading.Thread(target=self._questions.put, args=(None,), daemon=True).start()

    def _outcome(self, question: PictureQuestion) -> PictureAnswer | PictureRefusal:
        try:
            return PictureAnswer(self._answer(question))
        except Refused as refusal:
            return PictureRefusal(refusal.fault.name, refusal.detail)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        """Read one question and put it in the queue, or refuse it."""
        connection.settimeout(RECEIVE_TIMEOUT_S)
        try:
            question = msgspec.msgpack.decode(receive(connection), type=PictureQuestion)
            self._questions.put_nowait((connection, question))
        except queue.Full:
            with connection:
                self._reply(connection, PictureRefusal(RequestFault.THROTTLED.name, "too many pictures wait"))
        except (OSError, EOFError, ValueError, msgspec.DecodeError):
            connection.close()

    @staticmethod
    def _reply(connection: socket.socket, reply: PictureAnswer | PictureRefusal) -> None:
        try:
            send(connection, reply)
        except OSError:
            return  # the client has gone; nobody waits for the answer


def clear_stale(address: Path) -> None:
    """Remove what a dead picture process left behind. Raises Unusable when a living one answers there."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(address))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            _remove(address)
            return
        except OSError as error:
            raise _unusable(address, error) from error
    raise Unusable(f"another faceline runs in {address.parent}: its picture process answers at {address.name}")


def _listening(address: Path) -> socket.socket:
    """A listening socket that only this user may connect to. Raises Unusable."""
    clear_stale(address)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(address))
        address.chmod(0o600)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _unusable(address, error) from error
    return listener


def _remove(address: Path) -> None:
    try:
        address.unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(address, error) from error


def _unusable(address: Path, error: OSError) -> Unusable:
    return Unusable(f"socket {address}: {error.strerror or error}")
