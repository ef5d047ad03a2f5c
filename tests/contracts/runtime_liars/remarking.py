"""Runtimes that break one promise about what their cluster says each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from typing_extensions import override

from submarine.core.ids import new_id
from submarine.core.workloads.remark import Remark
from tests.contracts.runtime_liars.liar import Liar


class LeavesOutTheSentence(Liar):
    @override
    async def remarks(self) -> AsyncIterator[Remark]:
        async for remark in super().remarks():
            yield replace(remark, message="")


class DoesNotListenOn(Liar):
    @override
    async def remarks(self) -> AsyncIterator[Remark]:
        past = set(self.cluster.runs)
        async for remark in super().remarks():
            if remark.handle in past:
                yield remark


class SaysItOtherwiseEachTime(Liar):
    @override
    async def remarks(self) -> AsyncIterator[Remark]:
        async for remark in super().remarks():
            yield replace(remark, message=f"{remark.message} ({new_id()})")


LIARS: dict[str, type[Liar]] = {
    "test_a_cluster_says_what_it_does": LeavesOutTheSentence,
    "test_who_listens_hears_what_comes": DoesNotListenOn,
    "test_what_was_said_is_said_again_in_the_same_words": SaysItOtherwiseEachTime,
}
