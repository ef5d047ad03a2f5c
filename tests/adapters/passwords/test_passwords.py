"""Which passwords are taken, and what a flood or a damaged record does."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Mapping

import pytest
from argon2 import PasswordHasher, extract_parameters

from submarine.adapters.passwords.config import PasswordConfig
from submarine.adapters.passwords.identity import PasswordIdentity
from submarine.core.errors import AdapterError, BusyError, InvalidError, UnavailableError
from submarine.core.ports.identity import IDENTITY, Enrolling, Subject
from submarine.plugins.registry import discover

CHEAP: Mapping[str, object] = {"memory": 1024, "passes": 1, "lanes": 1}
DEAR: Mapping[str, object] = {"memory": 65536, "passes": 4, "lanes": 1}


@pytest.mark.parametrize("password", ["x" * 8, "é" * 8, "x" * 1024, "é" * 512, " " * 8, "\x00" * 8, "🜁" * 8])
async def test_passwords_of_eight_characters_to_1024_bytes_are_taken(password: str) -> None:
    async with discover().open(IDENTITY, "local", CHEAP) as identity:
        assert isinstance(identity, Enrolling)
        verifier = await identity.enrol("ada", password)
        assert await identity.verify("ada", password, verifier) == Subject(name="ada")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("x" * 7, "too short"),
        ("e\u0301" * 7, "too short"),  # seven letters as people count, though fourteen code points
        ("x" * 1025, "too long"),
        ("é" * 513, "too long"),
        ("\ud800" * 8, "no valid text"),
    ],
)
async def test_others_are_refused_with_what_would_be_right(password: str, words: str) -> None:
    async with discover().open(IDENTITY, "local", CHEAP) as identity:
        assert isinstance(identity, Enrolling)
        with pytest.raises(InvalidError, match=words) as caught:
            await identity.enrol("ada", password)
    [fault] = caught.value.faults
    assert fault.field == "password"
    assert fault.expected == "at least 8 characters and at most 1024 bytes of UTF-8"
    assert password not in str(caught.value)


async def test_the_same_letters_from_two_keyboards_are_one_password() -> None:
    composed, decomposed = (unicodedata.normalize(form, "pässwörd") for form in ("NFC", "NFD"))
    assert composed != decomposed
    async with discover().open(IDENTITY, "local", CHEAP) as identity:
        assert isinstance(identity, Enrolling)
        assert await identity.verify("ada", decomposed, await identity.enrol("ada", composed))


async def test_hashes_are_argon2id_as_dear_as_the_config_says() -> None:
    async with discover().open(IDENTITY, "local", CHEAP) as identity:
        assert isinstance(identity, Enrolling)
        verifier = await identity.enrol("ada", "password")
    parameters = extract_parameters(verifier)
    assert verifier.startswith("$argon2id$")
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (1024, 1, 1)
    assert PasswordConfig().memory >= 64 * 1024


async def test_hashes_made_at_another_cost_are_good() -> None:
    old = PasswordHasher(time_cost=2, memory_cost=512, parallelism=1).hash("password")
    async with discover().open(IDENTITY, "local", CHEAP) as identity:
        assert await identity.verify("ada", "password", old)


@pytest.mark.parametrize(
    "verifier", ["", "password", "oidc:someone", "é", "$argon2id$v=19$m=1024,t=1,p=1$", "$argon2id$v=19$m=9"]
)
async def test_a_damaged_hash_is_the_operators_business(verifier: str) -> None:
    async with discover().open(IDENTITY, "local", CHEAP) as identity:
        with pytest.raises(AdapterError, match="hash in the records"):
            await identity.verify("ada", "password", verifier)


async def test_a_flood_is_put_off_and_the_server_goes_on() -> None:
    config = PasswordConfig.model_validate({**DEAR, "at_once": 2, "waiting": 3})
    async with PasswordIdentity.of(config) as identity:
        answers = await asyncio.gather(
            *(identity.verify("ada", "password", None) for _ in range(12)), return_exceptions=True
        )
        refused = [answer for answer in answers if answer is not None]
        assert len(refused) == 7
        assert all(isinstance(answer, BusyError) and answer.retry_after > 0 for answer in refused)
        assert await identity.verify("ada", "password", None) is None


async def test_hashing_does_not_hold_up_the_loop() -> None:
    async with discover().open(IDENTITY, "local", DEAR) as identity:
        begin, ticks = time.perf_counter(), 0
        verifying = asyncio.ensure_future(identity.verify("ada", "password", None))
        while not verifying.done():
            await asyncio.sleep(0)
            ticks += 1
        assert ticks > 20, time.perf_counter() - begin


async def test_those_who_give_up_make_room() -> None:
    config = PasswordConfig.model_validate({**DEAR, "at_once": 1, "waiting": 1})
    async with PasswordIdentity.of(config) as identity, asyncio.timeout(60):
        for _ in range(3):
            calls = [asyncio.ensure_future(identity.verify("ada", "x", None)) for _ in range(2)]
            await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            while True:
                try:
                    assert await identity.verify("ada", "x", None) is None
                    break
                except BusyError:
                    await asyncio.sleep(0.01)


async def test_a_server_that_stops_answers_those_who_wait() -> None:
    config = PasswordConfig.model_validate({**DEAR, "at_once": 1})
    async with PasswordIdentity.of(config) as identity:
        calls = [asyncio.ensure_future(identity.verify("ada", "x", None)) for _ in range(6)]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} <= {type(None), UnavailableError}
    assert any(isinstance(answer, UnavailableError) for answer in answers)
    with pytest.raises(UnavailableError):
        await identity.verify("ada", "x", None)
