"""The ASGI application: reads a request, has it answered in a thread, writes the answer (B1-B6, B15).

Codecs and models are never loaded here, and nothing is decided here that another server would decide in another way:
limits of the body, the headers of an answer, and the line in the access log.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from structlog.typing import FilteringBoundLogger

from faceline.api import errors
from faceline.api.dispatch import Answerer, Trace
from faceline.api.hosts import host_of, is_loopback
from faceline.api.message import Answer, Request
from faceline.service.metrics import CONTENT_TYPE as METRICS_CONTENT_TYPE

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_TYPE = "application/x-amz-json-1.1"
HEALTH_PATH = "/health"
METRICS_PATH = "/metrics"
_HEALTHY = b'{"status":"ok"}'


@dataclass(frozen=True, slots=True)
class HttpRules:
    """Limits of the HTTP side.

    largest_body     bytes that are read at all; a picture of 12 MB still gets the service's own text (B73)
    drained          bytes beyond it that are read and thrown away, so that the client reads its answer
    body_timeout_s   a body that does not arrive in this time is given up
    threads          requests that are worked on at the same time
    loopback_only    refuse a Host header that is not loopback (DNS rebinding), where callers are not checked (B32)
    """

    loopback_only: bool
    largest_body: int = 16 * 1024**2
    drained: int = 256 * 1024**2
    body_timeout_s: float = 60.0
    threads: int = 96


class HttpApplication:
    """The application for an ASGI server.

    answer   `Dispatcher.answer`; called in threads
    clock    the present time, aware; for the Date header (B30)
    log      gets one line for each request, without contents
    metrics  makes the page of METRICS_PATH, which only callers on this machine get; None leaves it out
    """

    def __init__(
        self,
        answer: Answerer,
        rules: HttpRules,
        clock: Callable[[], datetime],
        log: FilteringBoundLogger,
        metrics: Callable[[], bytes] | None = None,
    ) -> None:
        self._answer = answer
        self._metrics = metrics
        self._rules = rules
        self._clock = clock
        self._log = log
        self._threads = ThreadPoolExecutor(rules.threads, thread_name_prefix="request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:  # web sockets are switched off in the server
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._threads.shutdown(wait=True, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == HEALTH_PATH and scope["method"] == "GET":
            await _send_page(send, _JSON, _HEALTHY)
            return
        if self._metrics is not None and _asks_for_metrics(scope):
            page = await asyncio.get_running_loop().run_in_executor(self._threads, self._metrics)
            await _send_page(send, _TEXT, page)
            return
        began = time.perf_counter()
        trace = Trace(str(uuid.uuid4()))
        headers = _joined(scope["headers"])
        try:
            answer, size = await self._read_and_answer(scope, headers, receive, trace)
        except _Disconnected:
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": self._headers(answer, trace)})
        await send({"type": "http.response.body", "body": answer.body})
        self._log.info(
            "request",
            request_id=trace.request_id,
            operation=trace.operation,
            account=trace.account,
            status=answer.status,
            code=answer.code,
            bytes_in=size,
            bytes_out=len(answer.body),
            ms=round((time.perf_counter() - began) * 1000, 1),
        )

    async def _read_and_answer(
        self, scope: Scope, headers: dict[str, str], receive: Receive, trace: Trace
    ) -> tuple[Answer, int]:
        """The answer, and the bytes of the body. Raises _Disconnected."""
        try:
            async with asyncio.timeout(self._rules.body_timeout_s):
                body = await self._body(headers, receive)
        except TimeoutError:
            return errors.framework("RequestTimeoutException", "The body did not arrive in time."), 0
        if body is None:
            text = f"The body is larger than {self._rules.largest_body} bytes."
            return errors.framework("RequestEntityTooLargeException", text), self._rules.largest_body + 1
        unfit = self._unfit(scope, headers)
        if unfit is not None:
            return unfit, len(body)
        query = scope["query_string"].decode("latin-1")
        request = Request(scope["method"], scope["path"], query, headers, body)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, request, trace), len(body)

    def _unfit(self, scope: Scope, headers: dict[str, str]) -> Answer | None:
        """Why a request never reaches an operation, if so."""
        if self._rules.loopback_only and not is_loopback(host_of(headers.get("host", ""))):
            text = "Without --credentials this server answers on loopback names only."
            return errors.framework("MisdirectedRequestException", text)
        if scope["path"] != "/" or scope["method"] != "POST":
            return errors.unknown_operation(status=404)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
            return errors.framework("UnsupportedMediaTypeException", f"Content-Type must be {CONTENT_TYPE}.")
        return None

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes | None:
        """The body; None when it is larger than the limit, of which no more than the limit was kept."""
        limit = self._rules.largest_body
        announced = headers.get("content-length", "")
        too_large = announced.isdecimal() and int(announced[:20]) > limit
        chunks: list[bytes] = []
        size = 0
        while size <= limit + self._rules.drained:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Disconnected
            chunk = message.get("body", b"")
            size += len(chunk)
            too_large = too_large or size > limit
            if too_large:
                chunks.clear()
            else:
                chunks.append(chunk)
            if not message.get("more_body", False):
                return None if too_large else b"".join(chunks)
        return None

    def _headers(self, answer: Answer, trace: Trace) -> list[tuple[bytes, bytes]]:
        date = format_datetime(self._clock().astimezone(UTC), usegmt=True)
        headers = [
            _JSON,
            _length(answer.body),
            (b"date", date.encode()),
            (b"x-amzn-requestid", trace.request_id.encode()),
        ]
        # The rest of a body that was given up may still be under way.
        return [*headers, (b"connection", b"close")] if answer.status in {408, 413} else headers


class _Disconnected(Exception):  # noqa: N818 - never leaves this module
    """The client has gone; nobody waits for an answer."""


_JSON = (b"content-type", CONTENT_TYPE.encode())
_TEXT = (b"content-type", METRICS_CONTENT_TYPE.encode())


async def _send_page(send: Send, content_type: tuple[bytes, bytes], page: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [content_type, _length(page)]})
    await send({"type": "http.response.body", "body": page})


def _asks_for_metrics(scope: Scope) -> bool:
    """Whether a caller on this machine, under a name of this machine, asks for the metrics."""
    if scope["path"] != METRICS_PATH or scope["method"] != "GET" or not scope.get("client"):
        return False
    return is_loopback(scope["client"][0]) and is_loopback(host_of(_joined(scope["headers"]).get("host", "")))


def _length(body: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", str(len(body)).encode())


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; values of one name are joined by commas, as HTTP says."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]},{text}" if key in joined else text
    return joined
