"""docs/settings.md, from the table of settings."""

from typing import get_type_hints

from msgspec import Meta

from faceline.cli.options import description
from faceline.settings import FIELDS, Settings
from tools.pages.markdown import code, generated, number, table

UNITS = {
    "port": "TCP port",
    "workers": "slots",
    "max_video_bytes": "bytes",
    "max_video_hours": "hours",
    "max_frame_pixels": "pixels",
    "max_picture_pixels": "pixels",
    "max_open_jobs": "jobs",
    "requests_per_second": "requests per second",
    "retention_days": "days",
    "min_face_px": "pixels at 1920 x 1080",
    "lease_seconds": "seconds",
    "sample_timeout": "seconds",
    "slot_memory_mb": "MiB",
    "picture_timeout": "seconds",
}
"""The unit of every setting that is a number."""

INTRODUCTION = """
# Settings

Every setting is an option of `faceline serve`, `faceline api`, `faceline worker`, `faceline picture` and
`faceline jobs`, an environment variable, and a key of the TOML file that `--config FILE` (or `FACELINE_CONFIG`) names.
The command line comes before the environment, the environment before the file. A setting that is wrong stops the start
with one line and exit code 1. Numbers such as B104 are rows of [the table of behaviours](behaviours.md).

"""

FORMS = """
## Forms of values

- An option that takes a list may be repeated: `--bucket films=/srv/films --bucket trailers=/srv/trailers`.
- A variable that holds a list is separated by commas (`FACELINE_CODECS=h264,hevc`) or is a JSON array
  (`FACELINE_BUCKET='["films=/srv/films"]'`).
- A switch has two options, `--extended` and `--no-extended`; its variable is `true` or `false`.
- The file has the names with underscores, without a table around them:

```toml
port = 8377
data = "/var/lib/faceline"
buckets = "/srv/buckets"
bucket = ["films=/srv/films", "trailers=/srv/trailers"]
codecs = ["h264"]
max_open_jobs = 20
extended = true
```

With that file only H.264 is accepted and an account may have 20 open jobs, as with the service, and videos get the two
members that the service leaves out.
"""


def page() -> str:
    """The whole page."""
    header = ("option", "variable", "default", "unit, range", "meaning")
    rows = (
        (_option(name), code(f"FACELINE_{name.upper()}"), _default(name), _unit(name), description(name))
        for name in FIELDS
    )
    return generated("`src/faceline/settings.py`") + INTRODUCTION + table(header, rows) + FORMS


def flag(name: str) -> str:
    """The option of a setting, such as `--max-open-jobs`."""
    return f"--{name.replace('_', '-')}"


def is_number(name: str) -> bool:
    """Whether a setting is a number with a unit."""
    return isinstance(FIELDS[name].default, int | float) and not isinstance(FIELDS[name].default, bool)


def _option(name: str) -> str:
    if isinstance(FIELDS[name].default, bool):
        return f"{code(flag(name))}, {code(f'--no-{flag(name)[2:]}')}"
    return code(flag(name))


def _default(name: str) -> str:
    default = FIELDS[name].default
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return code(",".join(default)) or "none"
    return number(default) if is_number(name) else code(default) or "empty"


def _unit(name: str) -> str:
    if not is_number(name):
        return "list" if isinstance(FIELDS[name].default, tuple) else ""
    if name not in UNITS:
        raise LookupError(f"setting {name} is a number without a unit: add it to tools/pages/settings_page.py")
    return f"{UNITS[name]}{_range(name)}"


def _range(name: str) -> str:
    words = []
    for meta in get_type_hints(Settings, include_extras=True)[name].__metadata__:
        if isinstance(meta, Meta):
            for bound, word in ((meta.ge, "at least"), (meta.gt, "more than"), (meta.le, "at most")):
                if bound is not None:
                    words.append(f"; {word} {number(bound)}")
    return "".join(words)
