"""Which pages are generated, and from what."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tools.pages import commands_page, errors_page, limits_page, settings_page, weights_page

ROOT = Path(__file__).parent.parent.parent

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/commands.md": commands_page.page,
    "docs/errors.md": errors_page.page,
    "docs/limits.md": limits_page.page,
    "docs/settings.md": settings_page.page,
    "docs/weights.md": weights_page.page,
}


def stale(root: Path = ROOT) -> list[str]:
    """Pages whose file is missing or says something else than the code."""
    return [name for name, page in PAGES.items() if _read(root / name) != page()]


def rebuild(root: Path = ROOT) -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (root / name).write_text(page(), encoding="utf-8")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
