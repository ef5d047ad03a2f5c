from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from submarine.core.access.principal import Role, Scope
from submarine.core.errors import BusyError, ForbiddenError, UnauthenticatedError
from submarine.core.ports.identity import Subject
from tests.core.access.site import JOB, NOW, PASSWORD, Site


async def test_a_session_lasts_twelve_hours(site: Site) -> None:
    await site.user("ada", vision=Role.MEMBER)
    session = await site.access.login.login("ada", PASSWORD)
    assert session.token.expires == NOW + 12 * 3_600_000
    caller = await site.caller(session.text)
    assert (caller.name, caller.scope, caller.admin) == ("ada", Scope.WRITE, False)
    site.time.now += 12 * 3_600_000
    with pytest.raises(UnauthenticatedError, match="expired"):
        await site.caller(session.text)


async def test_an_admin_logs_in_as_one(site: Site) -> None:
    assert (await site.user("root2", admin=True)).admin


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer_and_a_line(site: Site) -> None:
    await site.user("ada")
    await site.access.users.create(site.root, "tokens-only")
    answers = set()
    asked = site.identity.asked
    for name in ("ada", "nobody", "tokens-only", "No/Name\n", "x" * 5000):
        with pytest.raises(UnauthenticatedError) as caught:
            await site.access.login.login(name, "wrong horse", address="10.0.0.1", request="r")
        answers.add(str(caught.value))
    assert answers == {"wrong user name or password"}
    assert site.identity.asked == asked + 5  # as much work for each
    lines = await site.trail(action="user.login", outcome="refused")
    assert [line.target for line in lines] == ["(not a name)", "(not a name)", "tokens-only", "nobody", "ada"]
    assert lines[0].data == {"address": "10.0.0.1"}


async def test_guessing_at_one_name_is_slowed_down(site: Site) -> None:
    await site.user("ada")
    for _ in range(10):
        with pytest.raises(UnauthenticatedError):
            await site.access.login.login("ada", "wrong", address="10.0.0.1")
    with pytest.raises(BusyError) as caught:
        await site.access.login.login("ada", PASSWORD, address="10.0.0.1")
    assert caught.value.retry_after > 1
    await site.user("bob")


async def test_a_stranger_who_guesses_locks_nobody_out_but_himself(site: Site) -> None:
    await site.user("ada")
    with pytest.raises(BusyError):  # noqa: PT012 - some time or other
        for _ in range(20):
            with suppress(UnauthenticatedError):
                await site.access.login.login("ada", "wrong", address="10.6.6.6")
    await site.access.login.login("ada", PASSWORD, address="10.0.0.1")


async def test_many_strangers_are_slowed_down_and_whoever_was_here_before_is_not(site: Site) -> None:
    await site.user("ada")
    await site.access.login.login("ada", PASSWORD, address="10.0.0.1")
    refused = 0
    with pytest.raises(BusyError):  # noqa: PT012 - some time or other
        for n in range(300):
            with suppress(UnauthenticatedError):
                await site.access.login.login("ada", "wrong", address=f"10.6.{n // 5 % 250}.{n // 1250}")
                raise AssertionError("a wrong password was right")
            refused += 1
    assert 90 <= refused <= 120
    await site.access.login.login("ada", PASSWORD, address="10.0.0.1")


async def test_guesses_at_once_are_counted_before_they_are_answered(site: Site) -> None:
    tries = [site.access.login.login("ada", f"guess {n}") for n in range(50)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, UnauthenticatedError) for result in results) == 10
    assert sum(isinstance(result, BusyError) for result in results) == 40


async def test_guessing_at_many_names_from_one_address_is_slowed_down(site: Site) -> None:
    await site.user("mallory")
    refused = 0
    for n in range(80):
        try:
            await site.access.login.login(f"u{n}", "wrong", address="10.0.0.1")
        except UnauthenticatedError:
            refused += 1
            await site.access.login.login("mallory", PASSWORD, address="10.0.0.2")
        except BusyError:
            break
    assert 40 <= refused <= 60


async def test_a_login_of_ones_own_in_between_does_not_help_guessing(site: Site) -> None:
    await site.user("mallory")
    guesses = 0
    with pytest.raises(BusyError):  # noqa: PT012 - whichever of the two is refused first
        for n in range(200):
            try:
                await site.access.login.login(f"u{n}", "wrong", address="10.0.0.1")
            except UnauthenticatedError:
                guesses += 1
            await site.access.login.login("mallory", PASSWORD, address="10.0.0.1")
    assert guesses < 70


async def test_the_right_password_wipes_the_slate(site: Site) -> None:
    await site.user("ada")
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(UnauthenticatedError):
                await site.access.login.login("ada", "wrong")
        await site.access.login.login("ada", PASSWORD)


async def test_logging_out_revokes_the_token_that_was_shown(site: Site) -> None:
    await site.user("ada")
    first = (await site.access.login.login("ada", PASSWORD)).text
    second = (await site.access.login.login("ada", PASSWORD)).text
    await site.access.login.logout(await site.caller(first))
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await site.caller(first)
    await site.caller(second)
    with pytest.raises(ForbiddenError):
        await site.access.login.logout(JOB)


async def test_somebody_another_directory_vouches_for_gets_an_account(site: Site) -> None:
    site.identity.strangers["grace"] = Subject(name="grace", email="g@h", display_name="Grace")
    sessions = await asyncio.gather(*(site.access.login.login("grace", PASSWORD) for _ in range(5)))
    assert {session.user.id for session in sessions} == {(await site.access.users.get(site.root, "grace")).id}
    caller = await site.caller(sessions[0].text)
    assert (caller.name, caller.admin, caller.roles) == ("grace", False, {})


async def test_me_is_who_is_calling(site: Site) -> None:
    ada = await site.user("ada", vision=Role.MEMBER)
    me = await site.access.login.me(ada)
    assert (me.user.name, me.roles) == ("ada", {"vision": Role.MEMBER})
    assert me.token is not None
    assert me.token.id == ada.token
    job = await site.access.login.me(JOB)
    assert (job.user.name, job.roles, job.token) == ("job:j", {}, None)
