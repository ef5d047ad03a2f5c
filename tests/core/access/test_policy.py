from __future__ import annotations

import itertools

import pytest

from submarine.core.access import policy
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.project import Project
from submarine.core.errors import ForbiddenError, NotFoundError

DIGITS = Project(id="p", name="digits", team="vision", created=0)
OTHER = Project(id="q", name="letters", team="vision", created=0)
JOB = Principal(name="job:j", job="j", attempt=1, project="p")


def member(role: Role, scope: Scope = Scope.WRITE, project: str | None = None) -> Principal:
    return Principal(name="ada", roles={"vision": role}, scope=scope, project=project)


@pytest.mark.parametrize(("own", "asked"), list(itertools.product(Role, Role)))
def test_a_role_includes_the_ones_below(own: Role, asked: Role) -> None:
    if own >= asked:
        policy.require(member(own), DIGITS, asked, Scope.READ)
    else:
        with pytest.raises(ForbiddenError, match=f"{asked.word} in team vision; you are a {own.word}"):
            policy.require(member(own), DIGITS, asked, Scope.READ)


@pytest.mark.parametrize(("own", "asked"), list(itertools.product(Scope, Scope)))
def test_a_scope_includes_the_ones_below(own: Scope, asked: Scope) -> None:
    if own >= asked:
        policy.require(member(Role.MAINTAINER, own), DIGITS, Role.VIEWER, asked)
    else:
        with pytest.raises(ForbiddenError, match=f"scope {asked.word}; yours has {own.word}"):
            policy.require(member(Role.MAINTAINER, own), DIGITS, Role.VIEWER, asked)


def test_a_strangers_project_is_not_there() -> None:
    with pytest.raises(NotFoundError):
        policy.require(
            Principal(name="eve", roles={"audio": Role.MAINTAINER}), DIGITS, Role.VIEWER, Scope.READ
        )


def test_a_limited_token_sees_its_project_alone() -> None:
    caller = member(Role.MAINTAINER, project="p")
    policy.require(caller, DIGITS, Role.MAINTAINER, Scope.WRITE)
    with pytest.raises(NotFoundError):
        policy.require(caller, OTHER, Role.VIEWER, Scope.READ)


def test_an_admin_is_a_maintainer_everywhere_as_far_as_the_token_goes() -> None:
    policy.require(
        Principal(name="root", admin=True, scope=Scope.ADMIN), DIGITS, Role.MAINTAINER, Scope.WRITE
    )


def test_a_jobs_token_reaches_its_own_job_only() -> None:
    policy.require_job(JOB, "j", DIGITS, Role.MEMBER, Scope.WRITE)
    with pytest.raises(NotFoundError):
        policy.require_job(JOB, "k", DIGITS, Role.VIEWER, Scope.READ)
    with pytest.raises(ForbiddenError, match="job's own token"):
        policy.require(JOB, DIGITS, Role.VIEWER, Scope.READ)
    with pytest.raises(NotFoundError):
        policy.require(JOB, OTHER, Role.VIEWER, Scope.READ)
    with pytest.raises(ForbiddenError):
        policy.require_admin(JOB)
    policy.require_job(member(Role.MEMBER), "j", DIGITS, Role.MEMBER, Scope.WRITE)
    with pytest.raises(ForbiddenError):
        policy.require_job(member(Role.VIEWER), "j", DIGITS, Role.MEMBER, Scope.WRITE)


def test_a_team_is_run_with_a_token_for_the_whole_of_it() -> None:
    policy.require_team(member(Role.MAINTAINER), "vision", Role.MAINTAINER, Scope.WRITE)
    policy.require_team(member(Role.VIEWER, Scope.READ, "p"), "vision", Role.VIEWER, Scope.READ)
    with pytest.raises(ForbiddenError, match="limited to one project"):
        policy.require_team(member(Role.MAINTAINER, project="p"), "vision", Role.MAINTAINER, Scope.WRITE)
    with pytest.raises(NotFoundError):
        policy.require_team(member(Role.MAINTAINER), "audio", Role.VIEWER, Scope.READ)
