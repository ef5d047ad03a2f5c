"""Our bytes are PostgreSQL's own."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import asyncpg
import pytest

from submarine.adapters.sql.binary_copy import binary_copy

LEAST, MOST = -(2**63), 2**63 - 1
FLOATS = [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan]


async def said_by_postgres(url: str, kinds: str, columns: Sequence[Sequence[float | None]]) -> bytes:
    """Return what PostgreSQL makes of *columns*, which it gets as parameters of a statement."""
    types = {"q": "bigint", "d": "double precision"}
    names = ", ".join(f"c{n}" for n in range(len(kinds)))
    arrays = ", ".join(f"cast(${n} as {types[kind]}[])" for n, kind in enumerate(kinds, 1))
    out = io.BytesIO()
    connection = await asyncpg.connect(url)
    try:
        query = f"select {names} from unnest({arrays}) with ordinality as t ({names}, n) order by n"
        await connection.copy_from_query(query, *columns, output=out, format="binary")
    finally:
        await connection.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("kinds", "columns"),
    [
        ("q", [[7]]),
        ("qd", [[LEAST, -1, 0, 1, MOST, 258, 2**40], FLOATS]),
        ("qqd", [range(1000), [5] * 1000, [n / 7 for n in range(1000)]]),
        ("qqd", [[1, 2, 3], [None, 5, 6], [0.5, None, None]]),
        ("d", [[None]]),
        ("d", [[3]]),
    ],
    ids=["one number", "the least and the greatest", "many rows", "nulls", "a lone null", "a whole float"],
)
async def test_the_bytes_are_those_that_postgresql_itself_makes(
    postgres_url: str, kinds: str, columns: Sequence[Sequence[float | None]]
) -> None:
    assert binary_copy(kinds, columns) == await said_by_postgres(postgres_url, kinds, columns)


def test_an_integer_of_more_than_64_bits_is_refused() -> None:
    with pytest.raises(OverflowError):
        binary_copy("q", [[2**63]])


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        binary_copy("qq", [[1, 2], [1]])
