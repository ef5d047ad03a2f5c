"""The pieces of which lists are asked for: conditions, keyset paging."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def among(column: str, values: Collection[object], args: Sequence[object]) -> tuple[str, list[object]]:
    """Return the condition that *column* is one of *values*, and *args* with them added.

    A list of placeholders, not an array: both engines know it, and statement texts stay few.
    """
    filled = [*args, *values]
    if not values:
        return "1 = 0", filled
    places = ", ".join(f"${n}" for n in range(len(args) + 1, len(filled) + 1))
    return f"{column} in ({places})", filled


def newest_first(
    select: str,
    conditions: Sequence[str],
    args: Sequence[object],
    before: str | None,
    limit: int,
    key: str = "id",
) -> tuple[str, list[object]]:
    """Return *select* with *conditions*, by *key* descending from *before* on, and its arguments."""
    filled, wanted = [*args], [*conditions]
    if before is not None:
        filled.append(before)
        wanted.append(f"{key} < ${len(filled)}")
    filled.append(limit)
    where = f" where {' and '.join(wanted)}" if wanted else ""
    return f"{select}{where} order by {key} desc limit ${len(filled)}", filled
