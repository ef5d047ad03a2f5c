"""What every test may ask for, and the rule that continuous integration skips nothing."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Iterator

import pytest

from submarine.entrypoints.http.structured_logs import JsonLines, KeyValues
from tests.clusters.postgres import PostgresServer
from tests.clusters.postgres_fixture import postgres_or_skip

pytest_plugins = (
    "tests.no_skips",
    "tests.clusters.scheduling",
    "tests.clusters.kubernetes.fixtures",
    "tests.clusters.hadoop.fixtures",
)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """Collect what tests left: complaints of it in the midst of an import end pytest on Python 3.11."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Return a real PostgreSQL for this run; skip, saying why, where none can be started."""
    yield from postgres_or_skip("test")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the address of a fresh, empty database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(autouse=True)
def _logs_of_before() -> Iterator[None]:
    """End with a test what it set of the log: what comes next would write to a stream that is closed."""
    root = logging.getLogger()
    level = root.level
    yield
    for handler in root.handlers[:]:
        if isinstance(handler.formatter, JsonLines | KeyValues):
            root.removeHandler(handler)
    root.setLevel(level)
