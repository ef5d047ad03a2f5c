"""What every test may ask for, and the rule that continuous integration skips nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clusters.postgres import PostgresServer, start_postgres
from tests.clusters.postgres_programs import CannotStartError

pytest_plugins = ("tests.no_skips", "tests.clusters.kubernetes.fixtures", "tests.clusters.hadoop.fixtures")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Return a real PostgreSQL for this run; skip, saying why, where none can be started."""
    try:
        with start_postgres("test") as server:
            yield server
    except CannotStartError as error:
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the address of a fresh, empty database."""
    with postgres_server.database() as url:
        yield url
