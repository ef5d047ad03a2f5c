"""A link stands before whatever an operator calls the address of a backend."""

from __future__ import annotations

import pytest

from submarine.contracts.faults import FaultyLink
from submarine.contracts.faults.addresses import address_of, through


@pytest.mark.parametrize(
    ("said", "address", "behind"),
    [
        ("http://depot.example:8123/v1?a=b", ("depot.example", 8123), "http://127.0.0.1:{port}/v1?a=b"),
        ("http://depot.example/", ("depot.example", 80), "http://127.0.0.1:{port}/"),
        ("postgresql://ada:s@db:5432/x", ("db", 5432), "postgresql://ada:s@127.0.0.1:{port}/x"),
        ("depot:8123", ("depot", 8123), "127.0.0.1:{port}"),
        (8123, ("127.0.0.1", 8123), None),
    ],
)
def test_the_link_takes_the_place_of_the_backend(
    said: object, address: tuple[str, int], behind: str | None
) -> None:
    assert address_of(said) == address
    with FaultyLink(*address) as link:
        assert through(said, link) == (behind.format(port=link.port) if behind else link.port)


@pytest.mark.parametrize("said", ["https://depot:1", "depot", "", "postgresql://db/x", None, True, ["a:1"]])
def test_what_names_no_plain_address_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match=r"TLS|names no host and port|is no URL"):
        address_of(said)
