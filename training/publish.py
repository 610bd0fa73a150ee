"""Enter trained files into `weights/trained.toml`."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEADER = """# Written by `training/`. Do not edit.
# The same form as manifest.toml: networks take one input, `pixels`, uint8 RGB (N, H, W, 3), and give float32.
"""


def publish(weights: Path, section: str, name: str, file: str, facts: Mapping[str, Any]) -> None:
    """Add or replace the entry `[section.name]` for a file that lies in the weights folder.

    section   networks or arrays
    facts     strings, numbers, lists, and for networks `outputs`: a list of mappings
    """
    path = weights / "trained.toml"
    document = tomllib.loads(path.read_text()) if path.exists() else {}
    digest = hashlib.sha256((weights / file).read_bytes()).hexdigest()
    document.setdefault(section, {})[name] = {"file": file, "sha256": digest, **facts}
    path.write_text(
        HEADER
        + "".join(_entry(kind, key, document[kind][key]) for kind in sorted(document) for key in sorted(document[kind]))
    )


def _entry(section: str, name: str, row: Mapping[str, Any]) -> str:
    lines = [f"\n[{section}.{name}]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in row.items() if key != "outputs"]
    for output in row.get("outputs", []):
        lines.append(f"\n[[{section}.{name}.outputs]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in output.items()]
    return "\n".join(lines) + "\n"
