"""A request and an answer, apart from any HTTP server."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request whose body has been read.

    query     as sent, without the question mark
    headers   names in lower case; values of one name joined by commas
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: status and JSON body. `code` is the error's name, empty for success."""

    status: int
    body: bytes
    code: str = ""
