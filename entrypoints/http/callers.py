"""Where a request comes from, also behind proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from aiohttp import web

FORWARDED: Final = "X-Forwarded-For"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_HOPS: Final = 32
_SITE: Final = 64  # bits of an IPv6 address that one customer has to himself at the least


class Callers:
    """Believes what proxies of the *trusted* networks say of the caller, and nobody else.

    `X-Forwarded-For` is read from the right, as each proxy appends whom it was called by: the first
    address that is no trusted proxy's is the caller's. What stands left of it the caller may have invented.
    """

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted)

    def address(self, request: web.Request) -> str:
        """Return the caller's address, of IPv6 the network of 64 bits; empty if it has none."""
        found = _parsed(request.remote or "")
        if found is None:
            return request.remote or ""
        said = ",".join(request.headers.getall(FORWARDED, ())).split(",")
        for text in reversed(said[-_HOPS:]):
            if not self._trusts(found) or (before := _parsed(text.strip())) is None:
                break
            found = before
        return _counted(found)

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _parsed(text: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _counted(address: _Address) -> str:
    if address.version == 4 or address.is_loopback:  # noqa: PLR2004 - the version of IP
        return str(address)
    return str(ipaddress.ip_network((address, _SITE), strict=False))
