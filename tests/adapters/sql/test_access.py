"""Users, teams, projects, tokens and the audit trail, on both engines."""

from __future__ import annotations

import asyncio

import pytest

from submarine.adapters.sql.records import SqlRecords
from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Role, Scope
from submarine.core.access.project import Project
from submarine.core.access.team import Member, Team
from submarine.core.access.token import Token, TokenKind
from submarine.core.access.trail import FIELDS
from submarine.core.access.user import User
from submarine.core.errors import ConflictError
from submarine.core.filters.expression import EVERYTHING
from submarine.core.filters.parser import parse
from submarine.core.ids import new_id
from submarine.core.jobs.job import Job
from submarine.core.jobs.spec import JobSpec, RoleSpec
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import WorkloadKind


def user(name: str, **more: object) -> User:
    return User(id=new_id(), name=name, created=5, **more)  # type: ignore[arg-type]


def team(name: str) -> Team:
    return Team(id=new_id(), name=name, created=5)


def member(team: str, user: str, role: Role = Role.MEMBER) -> Member:
    return Member(id=new_id(), team=team, user=user, role=role, since=5)


def project(team: str, name: str) -> Project:
    return Project(id=new_id(), name=name, team=team, created=5)


def token(user: str, **more: object) -> Token:
    return Token(id=new_id(), user=user, created=5, **{"scope": Scope.WRITE, **more})  # type: ignore[arg-type]


def job(project: Project, name: str) -> Job:
    return Job(
        id=new_id(),
        kind="experiment",
        workload=WorkloadKind.BATCH,
        project=project.id,
        name=name,
        spec=JobSpec(roles=(RoleSpec(command=("true",)),)),
        created=5,
        created_by="ada",
        changed=5,
        resources=Resources(),
    )


@pytest.fixture
async def peopled(records: SqlRecords) -> SqlRecords:
    """Ada maintains vision, Bob is in it; Eve is alone in audio."""
    async with records.begin() as tx:
        for name in ("ada", "bob", "eve"):
            await tx.access.add_user(user(name))
        for name in ("vision", "audio"):
            await tx.access.add_team(team(name))
        await tx.access.put_member(member("vision", "ada", Role.MAINTAINER))
        await tx.access.put_member(member("vision", "bob"))
        await tx.access.put_member(member("audio", "eve", Role.MAINTAINER))
    return records


async def test_a_user_comes_back_as_saved(records: SqlRecords) -> None:
    ada = user("ada", email="ada@example.org", display_name="Ada Ä", admin=True)
    async with records.begin() as tx:
        assert await tx.access.add_user(ada)
        assert not await tx.access.add_user(user("ada"))  # and the transaction goes on
        assert await tx.access.user("ada") == ada
        assert await tx.access.user("bob") is None


async def test_a_user_is_written_over_the_version_before_only(records: SqlRecords) -> None:
    async with records.begin() as tx:
        ada = user("ada")
        await tx.access.add_user(ada)
        changed = User(id=ada.id, name="ada", email="x", disabled=True, version=2, created=5)
        assert await tx.access.save_user(changed)
        assert not await tx.access.save_user(changed)
        assert await tx.access.user("ada") == changed


async def test_users_are_listed_newest_first_by_pages(records: SqlRecords) -> None:
    async with records.begin() as tx:
        for n in range(7):
            await tx.access.add_user(user(f"u{n}"))
        seen, before = [], None
        while found := await tx.access.users(teams=None, name="", before=before, limit=3):
            seen += [each.name for each in found]
            before = found[-1].id
    assert seen == [f"u{n}" for n in reversed(range(7))]


async def test_users_of_teams_are_each_listed_once(peopled: SqlRecords) -> None:
    async with peopled.begin() as tx:
        await tx.access.put_member(member("audio", "bob"))

        async def names(teams: list[str], name: str) -> set[str]:
            found = await tx.access.users(teams=teams, name=name, before=None, limit=50)
            assert len(found) == len({each.name for each in found})
            return {each.name for each in found}

        assert await names(["vision"], "ada") == {"ada", "bob"}
        assert await names(["vision", "audio"], "ada") == {"ada", "bob", "eve"}
        assert await names([], "ada") == {"ada"}


async def test_verifiers_are_kept_apart_from_users(peopled: SqlRecords) -> None:
    async with peopled.begin() as tx:
        assert await tx.access.verifier("ada") is None
        await tx.access.set_verifier("ada", "$argon2id$...")
        assert await tx.access.verifier("ada") == "$argon2id$..."
        assert await tx.access.verifier("nobody") is None


async def test_deleting_a_user_takes_tokens_and_memberships_along(peopled: SqlRecords) -> None:
    bobs = token("bob")
    async with peopled.begin() as tx:
        await tx.access.add_token(bobs, "d")
        assert await tx.access.delete_user("bob")
        assert not await tx.access.delete_user("bob")
        assert await tx.access.token(bobs.id) is None
        assert [each.user for each in await tx.access.members("vision", before=None, limit=9)] == ["ada"]


async def test_only_other_enabled_admins_count(records: SqlRecords) -> None:
    async with records.begin() as tx:
        await tx.access.add_user(user("ada", admin=True))
        await tx.access.add_user(user("bob", admin=True, disabled=True))
        await tx.access.add_user(user("eve"))
        assert await tx.access.other_admins("ada") == 0
        assert await tx.access.other_admins("eve") == 1


async def test_of_two_admins_who_leave_at_once_one_stays(records: SqlRecords) -> None:
    async with records.begin() as tx:
        for name in ("ada", "bob"):
            await tx.access.add_user(user(name, admin=True))
    met = asyncio.Barrier(2)

    async def leave(name: str) -> bool:
        await met.wait()
        async with records.begin() as tx:
            if not await tx.access.other_admins(name):
                return False
            await asyncio.sleep(0.01)
            return await tx.access.delete_user(name)

    assert sorted(await asyncio.gather(leave("ada"), leave("bob"))) == [False, True]


async def test_of_two_maintainers_who_leave_at_once_one_stays(peopled: SqlRecords) -> None:
    async with peopled.begin() as tx:
        await tx.access.put_member(member("vision", "bob", Role.MAINTAINER))

    async def leave(name: str) -> bool:
        async with peopled.begin() as tx:
            if not await tx.access.other_maintainers("vision", name):
                return False
            await asyncio.sleep(0.01)
            return await tx.access.remove_member("vision", name)

    assert sorted(await asyncio.gather(leave("ada"), leave("bob"))) == [False, True]


async def test_teams_are_listed_by_name_or_all(peopled: SqlRecords) -> None:
    async with peopled.read() as tx:

        async def names(wanted: list[str] | None) -> list[str]:
            return [each.name for each in await tx.access.teams(names=wanted, before=None, limit=9)]

        assert await names(None) == ["audio", "vision"]
        assert await names(["vision", "nowhere"]) == ["vision"]
        assert await names([]) == []
        found = await tx.access.team("vision")
        assert found is not None
        assert found.created == 5
        assert await tx.access.team("nowhere") is None


async def test_a_team_with_projects_stays(peopled: SqlRecords) -> None:
    async with peopled.begin() as tx:
        assert not await tx.access.add_team(team("vision"))
        await tx.access.add_project(project("vision", "digits"))
    with pytest.raises(ConflictError):
        async with peopled.begin() as tx:
            await tx.access.delete_team("vision")
    async with peopled.begin() as tx:
        assert await tx.access.delete_team("audio")
        assert not await tx.access.delete_team("audio")
        assert await tx.access.memberships("eve") == []


async def test_putting_a_member_again_changes_the_role(peopled: SqlRecords) -> None:
    async with peopled.begin() as tx:
        before = await tx.access.member("vision", "bob")
        assert before is not None
        await tx.access.put_member(member("vision", "bob", Role.VIEWER))
        after = await tx.access.member("vision", "bob")
        assert after is not None
        assert (after.id, after.role) == (before.id, Role.VIEWER)
        assert await tx.access.member("vision", "eve") is None
        assert [each.role for each in await tx.access.memberships("ada")] == [Role.MAINTAINER]
        assert await tx.access.remove_member("vision", "bob")
        assert not await tx.access.remove_member("vision", "bob")


async def test_projects_are_found_by_id_name_and_team(peopled: SqlRecords) -> None:
    digits, same = project("vision", "digits"), project("audio", "digits")
    async with peopled.begin() as tx:
        assert await tx.access.add_project(digits)
        assert not await tx.access.add_project(project("vision", "digits"))
        assert await tx.access.add_project(same)
        assert await tx.access.project(digits.id) == digits
        assert await tx.access.project("nothing") is None
        assert await tx.access.projects_named("digits") == [same, digits]
        assert await tx.access.projects_named("digits", team="vision") == [digits]
        assert await tx.access.projects(teams=["vision"], before=None, limit=9) == [digits]
        assert await tx.access.projects(teams=None, before=None, limit=9) == [same, digits]
        assert await tx.access.projects(teams=None, before=same.id, limit=9) == [digits]
        assert await tx.access.projects(teams=[], before=None, limit=9) == []


async def test_a_project_needs_its_team(peopled: SqlRecords) -> None:
    with pytest.raises(ConflictError):
        async with peopled.begin() as tx:
            await tx.access.add_project(project("nowhere", "digits"))


async def test_a_project_is_written_over_the_version_before_only(peopled: SqlRecords) -> None:
    digits = project("vision", "digits")
    changed = Project(id=digits.id, name="digits", team="vision", description="9s", version=2, created=5)
    async with peopled.begin() as tx:
        await tx.access.add_project(digits)
        assert await tx.access.save_project(changed)
        assert not await tx.access.save_project(changed)
        assert await tx.access.project(digits.id) == changed
        assert await tx.access.delete_project(digits.id)
        assert not await tx.access.delete_project(digits.id)


async def test_what_is_in_a_project_is_counted_by_kind(peopled: SqlRecords) -> None:
    digits = project("vision", "digits")
    async with peopled.begin() as tx:
        await tx.access.add_project(digits)
        assert await tx.access.contents(digits.id) == {}
        await tx.jobs.add([job(digits, f"e{n}") for n in range(3)])
        assert await tx.access.contents(digits.id) == {"experiment": 3}


async def test_a_credential_tells_all_there_is_in_one_question(peopled: SqlRecords) -> None:
    digits = project("vision", "digits")
    limited = token("bob", name="ci", project=digits.id, expires=99, scope=Scope.READ)
    free = token("eve", kind=TokenKind.SESSION)
    async with peopled.begin() as tx:
        await tx.access.add_project(digits)
        await tx.access.put_member(member("audio", "bob", Role.VIEWER))
        await tx.access.add_token(limited, "digest")
        await tx.access.add_token(free, "other")
    async with peopled.read() as tx:
        found = await tx.access.credential(limited.id)
        assert found is not None
        assert (found.token, found.digest, found.project) == (limited, "digest", digits)
        assert found.user == await tx.access.user("bob")
        assert found.roles == {"vision": Role.MEMBER, "audio": Role.VIEWER}
        other = await tx.access.credential(free.id)
        assert other is not None
        assert (other.token, other.project, other.roles) == (free, None, {"audio": Role.MAINTAINER})
        assert await tx.access.credential(new_id()) is None


async def test_a_user_in_no_team_has_a_credential_too(records: SqlRecords) -> None:
    lone = token("ada")
    async with records.begin() as tx:
        await tx.access.add_user(user("ada"))
        await tx.access.add_token(lone, "d")
        found = await tx.access.credential(lone.id)
    assert found is not None
    assert found.roles == {}


async def test_a_token_is_revoked_once(peopled: SqlRecords) -> None:
    ci = token("bob")
    async with peopled.begin() as tx:
        await tx.access.add_token(ci, "d")
        assert await tx.access.revoke_token(ci.id, 7)
        assert not await tx.access.revoke_token(ci.id, 8)
        found = await tx.access.token(ci.id)
        assert found is not None
        assert found.revoked == 7
        assert await tx.access.tokens(user="bob", before=None, limit=9) == []


async def test_sessions_end_together_but_for_one_and_api_tokens_stay(peopled: SqlRecords) -> None:
    sessions = [token("bob", kind=TokenKind.SESSION) for _ in range(3)]
    ci = token("bob")
    async with peopled.begin() as tx:
        for each in (*sessions, ci):
            await tx.access.add_token(each, "d")
        assert await tx.access.end_sessions("bob", 7, but=sessions[1].id) == 2
        living = [each.id for each in (*sessions, ci) if await _revoked(tx.access, each.id) is None]
        assert living == [sessions[1].id, ci.id]
        assert [each.id for each in await tx.access.tokens(user="bob", before=None, limit=9)] == [ci.id]
        assert [each.id for each in await tx.access.tokens(user=None, before=None, limit=9)] == [ci.id]


async def _revoked(access: object, id_: str) -> int | None:
    found = await access.token(id_)  # type: ignore[attr-defined]
    assert found is not None
    return found.revoked  # type: ignore[no-any-return]


async def test_the_last_use_only_moves_forward(peopled: SqlRecords) -> None:
    ci = token("bob")
    async with peopled.begin() as tx:
        await tx.access.add_token(ci, "d")
        await tx.access.touch_tokens({ci.id: 50, new_id(): 60})
        await tx.access.touch_tokens({ci.id: 40})
        await tx.access.touch_tokens({})
        found = await tx.access.token(ci.id)
    assert found is not None
    assert found.last_used == 50


async def test_tokens_that_ended_long_ago_are_purged(peopled: SqlRecords) -> None:
    expired, revoked, living = token("bob", expires=10), token("bob"), token("bob", expires=1000)
    async with peopled.begin() as tx:
        for each in (expired, revoked, living):
            await tx.access.add_token(each, "d")
        await tx.access.revoke_token(revoked.id, 20)
        assert await tx.access.purge_tokens(100) == 2
        assert await tx.access.token(living.id) == living


async def test_a_project_takes_the_tokens_limited_to_it_along(peopled: SqlRecords) -> None:
    digits = project("vision", "digits")
    limited = token("bob", project=digits.id)
    async with peopled.begin() as tx:
        await tx.access.add_project(digits)
        await tx.access.add_token(limited, "d")
        await tx.access.delete_project(digits.id)
        assert await tx.access.token(limited.id) is None


def event(action: str, *, team: str | None = None, at: int = 5, **data: object) -> AuditEvent:
    return AuditEvent(
        id=new_id(), at=at, actor="ada", action=action, target="x", team=team, request="r1", data=data
    )


async def test_the_trail_is_read_newest_first_by_team_and_filter(records: SqlRecords) -> None:
    events = [
        event("user.create", at=1000),
        event("team.create", team="vision", at=2000, role="maintainer"),
        event("member.put", team="audio", at=3000),
        event("member.put", team="vision", at=4000),
    ]
    async with records.begin() as tx:
        await tx.access.audit(events)
        await tx.access.audit(events[:0])

        async def trail(
            teams: list[str] | None, text: str = "", before: str | None = None
        ) -> list[AuditEvent]:
            where = parse(text, FIELDS) if text else EVERYTHING
            return list(await tx.access.audit_trail(teams=teams, where=where, before=before, limit=9))

        assert await trail(None) == events[::-1]
        assert await trail(["vision"]) == [events[3], events[1]]
        assert await trail([]) == []
        assert await trail(["vision"], "action = 'member.put'") == [events[3]]
        assert await trail(None, "at > '1970-01-01T00:00:02Z' and team = 'audio'") == [events[2]]
        assert await trail(None, "request_id = 'r1' and not action ~ 'create'", events[3].id) == [events[2]]
