"""Campaigns of minutes to hours: `make long`. They are left out of `make test`."""

from pathlib import Path

import pytest

from tests.live.fixtures import buckets

__all__ = ["buckets"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-long"):
        return
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.skip(reason="a campaign; --run-long runs it"))
