"""What the outbox asks of whoever carries a message out."""

from typing import Protocol

from faceline.notify.message import Message


class Undelivered(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """An attempt failed; the text says why in one line. It will be made again."""


class Publisher(Protocol):
    """Carries one message to its topic. Called from several threads; gives up by itself after some seconds."""

    def publish(self, message: Message) -> None:
        """Deliver, or raise Undelivered."""
        ...
