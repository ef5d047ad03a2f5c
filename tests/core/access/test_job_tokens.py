from __future__ import annotations

import pytest

from submarine.core.access.job_tokens import JobTokens
from submarine.core.ids import new_id

TOKENS = JobTokens(b"x" * 32)


def test_a_token_is_the_same_each_time_and_names_its_attempt() -> None:
    job = new_id()
    token = TOKENS.mint(job, 3)
    assert token == JobTokens(b"x" * 32).mint(job, 3)
    assert TOKENS.verify(token) == (job, 3)


def test_attempts_jobs_and_secrets_have_different_tokens() -> None:
    job, other = new_id(), new_id()
    tokens = {
        TOKENS.mint(job, 1),
        TOKENS.mint(job, 2),
        TOKENS.mint(other, 1),
        JobTokens(b"y" * 32).mint(job, 1),
    }
    assert len({token.rpartition("_")[2][:20] for token in tokens}) == 4


def test_a_token_cannot_be_turned_into_that_of_another_attempt() -> None:
    job = new_id()
    token = TOKENS.mint(job, 1)
    assert TOKENS.verify(token.replace(f"{job}_1_", f"{job}_2_")) is None
    assert TOKENS.verify(token.replace(job, new_id())) is None
    assert JobTokens(b"y" * 32).verify(token) is None


@pytest.mark.parametrize("n", range(4))
def test_a_token_whose_signature_has_underscores_is_read_right(n: int) -> None:
    job = new_id()
    token = next(t for a in range(1, 10_000) if "_" in (t := TOKENS.mint(job, a + n))[40:])
    assert TOKENS.verify(token) is not None


@pytest.mark.parametrize(
    "text", ["", "sjt_", "sjt_a_1_", "sjt_a_1_" + "A" * 43, "sjt_a_-1_" + "A" * 43, "sjt_a_01_x"]
)
def test_what_we_never_minted_is_nobodys(text: str) -> None:
    assert TOKENS.verify(text) is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        JobTokens(b"short")
