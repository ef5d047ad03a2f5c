"""Records that break one promise each, named by the promise."""

from __future__ import annotations

from tests.contracts.records_liars import belongings, findings, people, shared, transactions, work
from tests.contracts.records_liars.liar import Liar

LIARS: dict[str, type[Liar]] = {
    **transactions.LIARS,
    **people.LIARS,
    **belongings.LIARS,
    **work.LIARS,
    **shared.LIARS,
    **findings.LIARS,
}
