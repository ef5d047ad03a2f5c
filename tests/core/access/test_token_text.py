from __future__ import annotations

import pytest

from submarine.core.access.token_text import Secret


def test_a_token_reads_back() -> None:
    secret = Secret.new()
    assert secret.text.startswith("sub_")
    assert Secret.parse(secret.text) == secret


def test_tokens_differ_and_so_do_their_digests() -> None:
    secrets = [Secret.new() for _ in range(50)]
    assert len({secret.text for secret in secrets}) == 50
    assert len({secret.digest for secret in secrets}) == 50


def test_the_digest_fits_its_own_secret_only() -> None:
    one, other = Secret.new(), Secret.new()
    assert one.fits(one.digest)
    assert not one.fits(other.digest)
    assert one.secret not in one.digest


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: "",
        lambda t: t[:-1],
        lambda t: t + "A",
        lambda t: t.upper(),
        lambda t: t.replace("sub_", "sjt_"),
        lambda t: t + "\n",
        lambda t: t[:30] + "-" + t[31:],
        lambda t: t[:-1] + "é",
    ],
)
def test_what_is_not_quite_a_token_is_none(spoil: object) -> None:
    assert Secret.parse(spoil(Secret.new().text)) is None  # type: ignore[operator]


def test_a_secret_is_not_shown_by_accident() -> None:
    secret = Secret.new()
    assert secret.secret not in repr(secret)
