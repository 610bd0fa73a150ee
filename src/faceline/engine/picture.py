"""The picture process: decodes and analyses one picture after the other for the API process.

It may die of a picture; that request then fails as InternalServerError, which SDKs repeat, and the process is started
again by whoever supervises it.
"""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

from faceline.domain.face import PictureFaces
from faceline.link.message import PictureQuestion
from faceline.link.server import PictureServer
from faceline.media.picture import decode_picture
from faceline.vision.analyse import Analyser

# Pictures that may wait before more are refused as ThrottlingException.
WAITING = 64


def answer_with(analyser: Analyser, max_pixels: int, timeout_s: float) -> Callable[[PictureQuestion], PictureFaces]:
    """The function that answers one picture within `timeout_s` seconds, or ends the process.

    SIGALRM's default action kills: no library that hangs in native code can catch it.
    """

    def answer(question: PictureQuestion) -> PictureFaces:
        signal.setitimer(signal.ITIMER_REAL, timeout_s)
        try:
            pixels = decode_picture(question.picture, max_pixels)
            (faces,) = analyser.analyse([pixels], question.attributes)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        height, width = pixels.shape[:2]
        return PictureFaces(width, height, faces)

    return answer


def serve_pictures(address: Path, analyser: Analyser, max_pixels: int, timeout_s: float, stop: threading.Event) -> None:
    """Serve on the Unix socket `address` until `stop` is set."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    server = PictureServer(address, answer_with(analyser, max_pixels, timeout_s), WAITING)

    def wait_and_stop() -> None:
        stop.wait()
        server.stop()

    threading.Thread(target=wait_and_stop, name="picture-stop", daemon=True).start()
    server.serve()
