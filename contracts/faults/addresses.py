"""Where a backend is, as operators write it, and how to write that it is behind a link."""

from __future__ import annotations

from urllib.parse import urlsplit

from submarine.contracts.faults.link import HERE, FaultyLink


def address_of(said: object) -> tuple[str, int]:
    """Return host and port of what an option says: a URL, ``HOST:PORT``, or a port of this machine.

    Raise `ValueError` if it says none, or speaks TLS: its certificate names the backend, not the link.
    """
    if isinstance(said, int) and not isinstance(said, bool):
        return HERE, said
    if not isinstance(said, str):
        raise ValueError(f"{said!r} is no URL, HOST:PORT or port")  # noqa: TRY004 - like any other wrong value
    url = urlsplit(said if "://" in said else f"//{said}")
    if url.scheme in {"https", "tls", "ldaps", "rediss"}:
        raise ValueError(f"{said} speaks TLS, and its certificate does not name the link; offer plain text")
    port = url.port or (80 if url.scheme == "http" else None)
    if not url.hostname or port is None:
        raise ValueError(f"{said!r} names no host and port")
    return url.hostname, port


def through(said: object, link: FaultyLink) -> object:
    """Return what *said*, but with the address of *link*."""
    address_of(said)
    if not isinstance(said, str):
        return link.port
    here = f"{link.host}:{link.port}"
    if "://" not in said:
        return here
    url = urlsplit(said)
    login, at, _ = url.netloc.rpartition("@")
    return url._replace(netloc=f"{login}{at}{here}").geturl()
