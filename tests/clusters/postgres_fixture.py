"""A real PostgreSQL for the tests of a session, of a file or of one test, as their fixture's scope says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clusters.postgres import Mode, PostgresServer, start_postgres
from tests.clusters.postgres_programs import CannotStartError


def postgres_or_skip(mode: Mode) -> Iterator[PostgresServer]:
    """Yield one; where none can be started, skip whoever asks for it, saying why."""
    try:
        with start_postgres(mode) as server:
            yield server
    except CannotStartError as error:
        pytest.skip(f"no PostgreSQL: {error}")
