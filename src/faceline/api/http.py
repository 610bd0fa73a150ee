"""The whole API as one ASGI application, put together from what it is given."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from faceline.api.accounts import AccessKey
from faceline.api.asgi import Application, HttpApplication, HttpRules
from faceline.api.dispatch import Dispatcher
from faceline.api.operations import offered
from faceline.api.sigv4 import Verifier
from faceline.observe import get_log
from faceline.service.detect_faces import DetectFaces
from faceline.service.face_detection import FaceDetection
from faceline.service.rates import RateLimit


def utc_now() -> datetime:
    """The machine's wall clock."""
    return datetime.now(UTC)


def build_app(
    videos: FaceDetection,
    pictures: DetectFaces,
    *,
    keys: Mapping[str, AccessKey] | None,
    requests_per_second: float = 0.0,
    rules: HttpRules | None = None,
    metrics: Callable[[], bytes] | None = None,
    clock: Callable[[], datetime] = utc_now,
    seconds: Callable[[], float] = time.monotonic,
) -> Application:
    """The application; run it with `faceline.api.server.uvicorn_server`.

    keys                  of the credentials file; None switches signatures off and leaves loopback names only (B32)
    requests_per_second   of one account; 0 for no limit
    rules                 limits of the HTTP side; by default those of `HttpRules`
    metrics               makes the page GET /metrics, for callers on this machine alone; None for none
    clock                 for signatures and the Date header
    seconds               for rates; never goes back
    """
    log = get_log()
    verifier = None if keys is None else Verifier(keys, clock)
    dispatcher = Dispatcher(offered(videos, pictures), verifier, RateLimit(requests_per_second, seconds), log)
    return HttpApplication(dispatcher.answer, rules or HttpRules(loopback_only=keys is None), clock, log, metrics)
