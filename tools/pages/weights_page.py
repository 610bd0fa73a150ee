"""docs/weights.md, from the manifests beside the weights."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from faceline.vision.manifest import MANIFESTS
from faceline.vision.settings import WEIGHTS
from tools.pages.markdown import code, generated, number, table

INTRODUCTION = """
# Weights

Every file of weights that faceline uses is in its wheel, in `faceline/vision/weights`; nothing is fetched at run time.
A file is used only if its bytes have the SHA-256 of its manifest.

**Profile.** `permissive`: the licence and what is known of the training data allow commercial use. `research`: the
weights carry the licence named here, but the pictures that they were trained on were published for research. Whoever
ships a product with them decides whether that is enough. No training picture is part of faceline.
`--weights-profile permissive` loads the first kind alone; [licences.md](licences.md) says what it then leaves out.

"""

CONVERTED = """
## Converted networks

Made from published packages by [`tools/weights`](../tools/weights/README.md), without a change to any weight; tests
compare their outputs with those of the original runtimes. Copyright notices and licence texts are in
[NOTICE.md](../src/faceline/vision/weights/NOTICE.md).

"""

TRAINED = """
## Trained for faceline

Each row can be made again by its recipe. How good they are stands in [accuracy.md](accuracy.md).

"""

CHECKSUMS = """
## Checksums

"""


def rows() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and entry of every file in the manifests."""
    for manifest in MANIFESTS:
        document = tomllib.loads((WEIGHTS / manifest).read_text(encoding="utf-8"))
        for section in ("networks", "arrays"):
            yield from document.get(section, {}).items()


def page() -> str:
    """The whole page."""
    entries = [row for _, row in rows()]
    converted = [row for row in entries if "package" in row]
    trained = [row for row in entries if "package" not in row]
    header = ("file", "bytes", "source", "licence", "training data", "profile")
    own = ("file", "bytes", "what", "recipe", "licence", "training data", "profile")
    return "".join(
        [
            generated("the manifests in `src/faceline/vision/weights`"),
            INTRODUCTION.rstrip("\n") + "\n",
            CONVERTED,
            table(header, ((*_file(row), _source(row), *_terms(row)) for row in converted)),
            TRAINED,
            table(own, ((*_file(row), _meaning(row), code(row["recipe"]), *_terms(row)) for row in trained)),
            CHECKSUMS,
            table(("file", "SHA-256"), ((code(row["file"]), code(row["sha256"])) for row in entries)),
        ]
    )


def _file(row: Mapping[str, Any]) -> tuple[str, str]:
    return code(row["file"]), number((WEIGHTS / row["file"]).stat().st_size)


def _source(row: Mapping[str, Any]) -> str:
    return f"{row['registry']} {row['package']} {row['version']}"


def _terms(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row["licence"]), str(row.get("training_data", "none: a shape")), str(row["profile"])


def _meaning(row: Mapping[str, Any]) -> str:
    if "meaning" in row:
        return str(row["meaning"])
    return "; ".join(f"{output['name']}: {output['meaning']}" for output in row["outputs"])
