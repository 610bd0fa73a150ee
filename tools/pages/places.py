"""The places in pages that hold the recorded output of programs.

A place is a comment, `<!-- recorded: NAME -->`, with a fenced block under it.
"""

import re
from collections.abc import Mapping

_BLOCK = re.compile(r"(<!-- recorded: ([\w-]+) -->\n```\w*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def filled(text: str, outputs: Mapping[str, str]) -> str:
    """A page with its places filled; places of other names stay as they are."""

    def block(match: re.Match[str]) -> str:
        opening, name, present, closing = match.groups()
        return f"{opening}{outputs[name].rstrip()}\n{closing}" if name in outputs else f"{opening}{present}{closing}"

    return _BLOCK.sub(block, text)


def contents(text: str) -> dict[str, str]:
    """What the places of a page hold, by name."""
    return {name: present for _, name, present, _ in _BLOCK.findall(text)}
