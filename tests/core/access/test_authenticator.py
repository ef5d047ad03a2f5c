from __future__ import annotations

import asyncio

import pytest

from submarine.core.access.authenticator import LIFETIME, Authenticator
from submarine.core.access.job_tokens import JobTokens
from submarine.core.access.ledger import Ledger
from submarine.core.access.manager import AccessManager
from submarine.core.access.principal import Principal
from submarine.core.access.token_text import Secret
from submarine.core.errors import UnauthenticatedError
from submarine.core.ids import new_id
from tests.core.access.site import JOB, SECRET, Site, secret_of


async def test_unknown_and_wrong_secrets_get_the_same_answer(site: Site) -> None:
    known = secret_of(await site.token(site.root))
    answers = set()
    for text in (Secret.new().text, Secret(known.id, Secret.new().secret).text):
        with pytest.raises(UnauthenticatedError) as caught:
            await site.caller(text)
        answers.add(str(caught.value))
    assert len(answers) == 1


async def test_whether_a_token_was_revoked_is_for_its_holder_to_know(site: Site) -> None:
    token, text = await site.access.tokens.create(site.root, "t")
    await site.access.tokens.revoke(site.root, token.id)
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await site.caller(text)
    with pytest.raises(UnauthenticatedError, match="unknown"):
        await site.caller(Secret(token.id, Secret.new().secret).text)


@pytest.mark.parametrize("text", ["", "sub_", "hello", "Bearer x", "sub_" + "a" * 2000, "sjt_", "sjt_x_1_y"])
async def test_what_is_no_token_is_refused_without_asking_the_records(site: Site, text: str) -> None:
    site.records.read = None
    with pytest.raises(UnauthenticatedError, match="none of ours"):
        await site.caller(text)


async def test_a_caller_is_remembered_for_some_seconds(site: Site) -> None:
    text = await site.token(site.root)
    first = await site.caller(text)
    read, site.records.read = site.records.read, None
    assert await site.caller(text) == first
    site.records.read = read
    assert LIFETIME <= 5


async def test_another_servers_revocation_is_seen_when_the_memory_fades(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("submarine.core.access.authenticator.LIFETIME", 0.05)

    async def nobody(_job: str, _attempt: int) -> Principal | None:
        return None

    other = AccessManager(site.records, site.identity, JobTokens(SECRET), nobody, clock=site.time)
    token, text = await site.access.tokens.create(site.root, "t")
    await other.authenticator.authenticate(text)
    await site.access.tokens.revoke(site.root, token.id)
    async with asyncio.timeout(5):
        while True:
            try:
                await other.authenticator.authenticate(text)
            except UnauthenticatedError:
                break
            await asyncio.sleep(0.01)


async def test_a_jobs_token_lives_as_long_as_its_attempt(site: Site) -> None:
    job = new_id()
    first, second = (site.access.job_tokens.mint(job, attempt) for attempt in (1, 2))
    site.jobs[job, 1] = JOB
    assert await site.caller(first) is JOB
    del site.jobs[job, 1]
    site.jobs[job, 2] = JOB
    with pytest.raises(UnauthenticatedError, match="over"):
        await site.caller(first)
    assert await site.caller(second) is JOB


async def test_the_last_use_is_written_at_most_once_a_minute_and_never_in_the_call(site: Site) -> None:
    token, text = await site.access.tokens.create(site.root, "t")

    async def last_used() -> int | None:
        async with site.records.read() as tx:
            found = await tx.access.token(token.id)
            assert found is not None
            used: int | None = found.last_used
            return used

    await site.caller(text)
    assert await last_used() is None
    await site.access.authenticator.flush()
    first = site.time.now
    assert await last_used() == first
    site.time.now += 59_000
    await site.caller(text)
    await site.access.authenticator.flush()
    assert await last_used() == first
    site.time.now += 1_000
    await site.caller(text)
    await site.access.authenticator.flush()
    assert await last_used() == first + 60_000


async def test_a_use_that_could_not_be_written_is_written_later(site: Site) -> None:
    class Away:
        def begin(self) -> object:
            raise OSError

    token, text = await site.access.tokens.create(site.root, "t")
    await site.caller(text)
    ledger: Ledger = site.access.authenticator._ledger
    records, ledger._records = ledger._records, Away()  # type: ignore[assignment]
    with pytest.raises(OSError):  # noqa: PT011
        await site.access.authenticator.flush()
    ledger._records = records
    await site.access.authenticator.flush()
    assert (await site.access.tokens.list(site.root)).items[0].last_used is not None
    assert isinstance(site.access.authenticator, Authenticator)
    assert token.last_used is None


async def test_housekeeping_writes_uses_down_when_it_is_stopped(site: Site) -> None:
    _, text = await site.access.tokens.create(site.root, "t")
    keeping = asyncio.create_task(site.access.keep_house())
    await asyncio.sleep(0)
    await site.caller(text)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert (await site.access.tokens.list(site.root)).items[0].last_used is not None
    await site.access.purge()
