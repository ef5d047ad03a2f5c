"""Promises about calls that come again: kept answers, and what keyed requests made."""

from __future__ import annotations

import asyncio

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import LONG_AGO, Stage
from submarine.core.errors import ConflictError
from submarine.core.idempotency import KeptAnswer
from submarine.core.records import Records


def answer(owner: str, key: str = "k", body: str = "{}", at: int = LONG_AGO - 1) -> KeptAnswer:
    """Return an answer with all its fields."""
    headers = {"Location": "/x"}
    return KeptAnswer(owner=owner, key=key, digest="d", at=at, status=201, body=body, headers=headers)


class Answers(RecordsKit):
    """What `IdempotencyStore` and `EffectStore` owe."""

    async def test_an_answer_comes_back_as_kept(self, stage: Stage) -> None:
        """Every field, and none for a key that was not used."""
        kept = answer(stage.called("ada"), body='{"name":"损失"}')
        async with stage.begin() as tx:
            await tx.idempotency.keep_answer(kept)
        async with stage.read() as tx:
            assert await tx.idempotency.find_answer(kept.owner, "k") == kept
            assert await tx.idempotency.find_answer(kept.owner, "other") is None

    async def test_keys_of_two_owners_never_meet(self, stage: Stage) -> None:
        """The same key is each one's own."""
        his, hers = answer(stage.called("bob"), body="his"), answer(stage.called("eve"), body="hers")
        async with stage.begin() as tx:
            await tx.idempotency.keep_answer(his)
            assert await tx.idempotency.find_answer(hers.owner, "k") is None
            await tx.idempotency.keep_answer(hers)
            assert await tx.idempotency.find_answer(his.owner, "k") == his
            assert await tx.idempotency.find_answer(hers.owner, "k") == hers

    async def test_of_two_answers_the_first_stays(self, stage: Stage, other: Records) -> None:
        """Also of two that are kept at once, on two servers."""
        owner = stage.called("ada")

        async def keep(records: Records, body: str) -> None:
            async with records.begin() as tx:
                await tx.idempotency.keep_answer(answer(owner, body=body))

        await asyncio.gather(*(keep((stage.records, other)[n % 2], f"{n}") for n in range(4)))
        async with other.read() as tx:
            first = await tx.idempotency.find_answer(owner, "k")
        await keep(stage.records, "late")
        async with stage.read() as tx:
            assert await tx.idempotency.find_answer(owner, "k") == first
        assert first is not None

    async def test_old_answers_are_forgotten(self, stage: Stage) -> None:
        """Those before the time given, and how many is told."""
        owner = stage.called("ada")
        async with stage.begin() as tx:
            await tx.idempotency.forget_answers(20)
            await tx.idempotency.keep_answer(answer(owner, "old", at=10))
            await tx.idempotency.keep_answer(answer(owner, "new", at=20))
            assert await tx.idempotency.forget_answers(20) == 1
            assert await tx.idempotency.find_answer(owner, "old") is None
            assert await tx.idempotency.find_answer(owner, "new") is not None

    async def test_what_a_key_made_is_told(self, stage: Stage) -> None:
        """With the fingerprint of the request; keys that made nothing are left out."""
        one, two, none = (stage.called(word) for word in ("one", "two", "none"))
        async with stage.begin() as tx:
            await tx.effects.note([(one, "f1", "id1", 10), (two, "f2", "id2", 10)])
        async with stage.read() as tx:
            assert await tx.effects.made([one, none]) == {one: ("f1", "id1")}
            assert await tx.effects.made([two, one]) == {one: ("f1", "id1"), two: ("f2", "id2")}
            assert await tx.effects.made([]) == {}

    async def test_a_key_makes_one_thing(self, stage: Stage, other: Records) -> None:
        """Of two requests with one key at once the second conflicts, and made nothing."""
        key = stage.called("key")

        async def make(records: Records, what: str) -> str:
            async with records.begin() as tx:
                await tx.access.add_user(stage.a_user(what))
                await tx.effects.note([(key, "f", what, 10)])
                return what

        made = await asyncio.gather(make(stage.records, "one"), make(other, "two"), return_exceptions=True)
        winners = [what for what in made if isinstance(what, str)]
        assert [type(what) for what in made if not isinstance(what, str)] == [ConflictError]
        async with stage.read() as tx:
            assert await tx.effects.made([key]) == {key: ("f", winners[0])}
            for word in ("one", "two"):
                assert (await tx.access.user(stage.called(word)) is not None) == (word in winners)

    async def test_what_was_made_long_ago_is_forgotten(self, stage: Stage) -> None:
        """Those before the time given, and how many is told; the key may be used again."""
        old, new = stage.called("old"), stage.called("new")
        async with stage.begin() as tx:
            await tx.effects.forget(20)
            await tx.effects.note([(old, "f", "id", 10), (new, "f", "id", 20)])
            assert await tx.effects.forget(20) == 1
            assert set(await tx.effects.made([old, new])) == {new}
            await tx.effects.note([(old, "f", "again", 10)])
            assert await tx.effects.made([old]) == {old: ("f", "again")}
