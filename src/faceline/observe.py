"""The log: one line an event, JSON for machines or coloured text on a terminal, on standard error.

A line never holds a picture, a result or a secret; it names jobs, requests, faults and durations.
"""

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str, role: str) -> None:
    """Set the process's log up once, at its start. `role` stands in every line."""
    renderer: list[Processor]
    factory: Callable[..., WrappedLogger]
    if sys.stderr.isatty():
        renderer = [structlog.dev.ConsoleRenderer()]
        factory = structlog.PrintLoggerFactory(sys.stderr)
    else:
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_line)]
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)

    def name_role(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """In every thread: what is bound to a context stays with the thread that bound it."""
        return {**event, "role": role}

    structlog.configure(
        processors=[
            name_role,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=factory,
    )


def _line(event: EventDict, **options: Any) -> bytes:
    """One line as bytes: written at once with its end, so that lines of several processes never run into each other."""
    return json.dumps(event, **options).encode()


def get_log() -> FilteringBoundLogger:
    """The process's log."""
    return structlog.get_logger()  # type: ignore[no-any-return]  # structlog types this lazily
