"""A web address that receives completion messages."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery; `seen` is what the receiver's look at the service gave at that moment."""

    headers: dict[str, str]
    body: bytes
    seen: str


@dataclass(slots=True)
class Receiver:
    """Keeps what arrives; refuses with 503 while `accepting` is not set.

    look   called with each accepted body before it is answered
    """

    address: str
    accepting: threading.Event = field(default_factory=threading.Event)
    refused: int = 0
    look: Callable[[bytes], str] = lambda _body: ""
    deliveries: list[Delivery] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if receiver.accepting.is_set():
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.deliveries.append(Delivery(headers, body, receiver.look(body)))
            else:
                receiver.refused += 1
            self.send_response(200 if receiver.accepting.is_set() else 503)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/messages")
    thread = threading.Thread(target=server.serve_forever, name="receiver")
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
