"""What tests of every folder share: test data, tools that may be missing, and rendered material."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-long", action="store_true", help="also run the campaigns of tests/long")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of clips and pictures; tests that need it are skipped on a machine without it."""
    folder = os.environ.get("FACELINE_TEST_DATA")
    if not folder:
        pytest.skip("FACELINE_TEST_DATA is not set: the clips and pictures are not on this machine")
    return Path(folder)


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str, Path | str | None], str]:
    """Find a program beyond Python, or skip; where FACELINE_REQUIRE_TOOLS is set its absence is a failure."""

    def find(name: str, place: Path | str | None = None) -> str:
        found = str(place) if place and Path(place).exists() else shutil.which(name)
        if found:
            return found
        if os.environ.get("FACELINE_REQUIRE_TOOLS"):
            pytest.fail(f"{name} is missing, and FACELINE_REQUIRE_TOOLS is set")
        pytest.skip(f"{name} is not installed")

    return find


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """The photograph with one face (NASA, public domain)."""
    return Path(__file__).parent.parent / "examples" / "astronaut.jpg"
