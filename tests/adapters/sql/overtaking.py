"""Lets an older copy of PostgreSQL overtake what readers have seen of the history that it has lost."""

from __future__ import annotations

from typing import Final

from tests.clusters.postgres import PostgresServer

_TRANSACTIONS: Final = (
    "do $$ begin for n in 1..2000 loop perform pg_current_xact_id(); commit; end loop; end $$"
)
_NUMBERS: Final = "select nextval(pg_get_serial_sequence('events', 'seq')) from generate_series(1, 2000)"


def overtake(postgres: PostgresServer, url: str) -> None:
    """Let transactions and numbers of events pass that leave no event, as those do that are rolled back."""
    postgres.execute(_TRANSACTIONS, url)
    postgres.execute(_NUMBERS, url)
