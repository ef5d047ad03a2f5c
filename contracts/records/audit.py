"""Promises about the audit trail."""

from __future__ import annotations

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.access.audit import AuditEvent
from submarine.core.access.trail import FIELDS
from submarine.core.filters.expression import EVERYTHING
from submarine.core.filters.parser import parse
from submarine.core.ids import new_id


def act(action: str, team: str | None, *, at: int = 5, **data: object) -> AuditEvent:
    """Return an event with all its fields."""
    more = {"project": "p", "request": "r1", "outcome": "refused"}
    return AuditEvent(
        id=new_id(), at=at, actor="ada", action=action, target="x", team=team, data=data, **more
    )


class Audit(RecordsKit):
    """What `AuditStore` owes."""

    async def test_what_is_audited_comes_back_newest_first(self, stage: Stage) -> None:
        """Every field; nothing to append is nothing done."""
        events = [act(f"team.{n}", stage.called("one"), nested={"role": "损失"}) for n in range(3)]
        async with stage.begin() as tx:
            await tx.access.audit(events)
            await tx.access.audit([])
            found = await tx.access.audit_trail(teams=None, where=EVERYTHING, before=None, limit=3)
        assert list(found) == events[::-1]

    async def test_the_trail_is_read_by_pages(self, stage: Stage) -> None:
        """A page begins before the last of the page before."""
        events = [act(f"team.{n}", stage.called("one")) for n in range(5)]
        team = [stage.called("one")]
        async with stage.begin() as tx:
            await tx.access.audit(events)
            first = await tx.access.audit_trail(teams=team, where=EVERYTHING, before=None, limit=3)
            rest = await tx.access.audit_trail(teams=team, where=EVERYTHING, before=first[-1].id, limit=3)
        assert [*first, *rest] == events[::-1]

    async def test_the_trail_of_teams_is_theirs_alone(self, stage: Stage) -> None:
        """What happened in another team or in none is not shown."""
        one, two = stage.called("one"), stage.called("two")
        events = [act("a.a", one), act("b.b", two), act("c.c", None), act("d.d", one)]
        async with stage.begin() as tx:
            await tx.access.audit(events)

            async def trail(teams: list[str]) -> list[AuditEvent]:
                return list(await tx.access.audit_trail(teams=teams, where=EVERYTHING, before=None, limit=9))

            assert await trail([one]) == [events[3], events[0]]
            assert await trail([one, two]) == [events[3], events[1], events[0]]
            assert await trail([]) == []

    async def test_the_trail_is_filtered(self, stage: Stage) -> None:
        """By what happened, when, where and to whom."""
        team = stage.called("one")
        events = [act("user.create", team, at=1000), act("member.put", team, at=3000)]
        async with stage.begin() as tx:
            await tx.access.audit(events)

            async def fitting(text: str) -> list[AuditEvent]:
                where = parse(text, FIELDS)
                return list(await tx.access.audit_trail(teams=[team], where=where, before=None, limit=9))

            assert await fitting("action = 'member.put'") == [events[1]]
            assert await fitting("at < '1970-01-01T00:00:02Z' and actor = 'ada'") == [events[0]]
            assert await fitting("request_id = 'r1' and not action ~ 'CREATE'") == [events[1]]
            assert await fitting("outcome = 'ok'") == []
