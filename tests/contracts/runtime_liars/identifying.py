"""Runtimes that lie about who their cluster is."""

from __future__ import annotations

from typing_extensions import override

from submarine.core.ids import new_id
from tests.contracts.runtime_liars.liar import Liar


class IsAnotherEachTime(Liar):
    @override
    async def identity(self) -> str:
        return new_id()


LIARS: dict[str, type[Liar]] = {"test_a_cluster_is_known_again": IsAnotherEachTime}
