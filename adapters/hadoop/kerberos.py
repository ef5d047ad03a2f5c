"""SPNEGO from a keytab: RFC 4559, with MIT Kerberos doing the work in a thread.

The ticket lives in memory. MIT Kerberos gets a new one from the keytab when half of its life is over,
whenever a proof is asked for; nothing has to be renewed by the clock.
"""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from submarine.adapters.hadoop.credentials import Proof
from submarine.core.errors import AdapterError, UnavailableError

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from yarl import URL

COOKIE: Final = "hadoop.auth"
UNAUTHENTICATED: Final = 401
AWAY: Final = frozenset({-1765328228, -1765328164, -1765328184})
"""Codes of MIT Kerberos: no KDC reached, its name not resolved, its answer cut. Source: krb5_err.et."""

_caches = count(1)


class Kerberos:
    """One principal. What a server gave us for our ticket, a cookie, is good for that server only.

    A cookie counts for the principal and not for whom it acts for, so one of each server is enough.
    """

    def __init__(self, gssapi: Any, principal: str, keytab: Path, patience: float) -> None:
        self._gssapi = gssapi
        self._principal = principal
        self._patience = patience
        self._store = {"client_keytab": f"FILE:{keytab}", "ccache": f"MEMORY:submarine-{next(_caches)}"}
        self._cookies: dict[URL, str] = {}
        # One thread: where the KDC hangs, a second call would hang as well.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kerberos")

    @classmethod
    def of(cls, principal: str, keytab: Path, patience: float) -> Kerberos:
        """Return the credentials of *principal*; raise `AdapterError` where they cannot be used."""
        try:
            import gssapi
        except (ImportError, OSError) as error:
            raise AdapterError(
                f"Kerberos needs gssapi ({error}); pip install 'submarine-server[kerberos]'"
            ) from error
        if not keytab.is_file():
            raise AdapterError(f"there is no keytab {keytab}")
        return cls(gssapi, principal, keytab, patience)

    async def proof(self, url: URL) -> Proof:
        """Return the server's cookie, else a ticket for it."""
        if (cookie := self._cookies.get(url.origin())) is not None:
            return Proof(headers={"Cookie": f"{COOKIE}={cookie}"})
        said = await self._ticket(url.host or "")
        return Proof(headers={"Authorization": f"Negotiate {base64.b64encode(said).decode()}"})

    def heard(self, answer: ClientResponse) -> bool:
        """Keep the cookie it brings; after a cookie was refused a ticket may be accepted."""
        origin = answer.url.origin()
        if answer.status == UNAUTHENTICATED:
            return self._cookies.pop(origin, None) is not None
        if (given := answer.cookies.get(COOKIE)) is not None and given.value:
            self._cookies[origin] = given.coded_value
        return False

    async def _ticket(self, host: str) -> bytes:
        try:
            async with asyncio.timeout(self._patience):
                loop = asyncio.get_running_loop()
                said: bytes = await loop.run_in_executor(self._thread, self._negotiate, host)
        except TimeoutError as error:
            raise UnavailableError(f"Kerberos gave no ticket for {host} in {self._patience:g} s") from error
        except self._gssapi.exceptions.GSSError as error:
            told = f"Kerberos gives {self._principal} no ticket for HTTP@{host}: {error}"
            if error.min_code - 2**32 in AWAY or error.min_code in AWAY:
                raise UnavailableError(told) from error
            raise AdapterError(told) from error
        return said

    def _negotiate(self, host: str) -> bytes:
        gss = self._gssapi
        name = gss.Name(self._principal, gss.NameType.kerberos_principal)
        ticket = gss.Credentials(name=name, usage="initiate", store=self._store)
        server = gss.Name(f"HTTP@{host}", gss.NameType.hostbased_service)
        spnego = gss.OID.from_int_seq("1.3.6.1.5.5.2")
        context = gss.SecurityContext(name=server, creds=ticket, mech=spnego, usage="initiate")
        return context.step() or b""
