"""Asks one web server of a cluster, in bounded time and number, and says in our words how that went."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import aiohttp
from yarl import URL

from submarine.adapters.hadoop.access import HadoopAccess
from submarine.adapters.hadoop.credentials import Credentials, Proof
from submarine.adapters.hadoop.proving import credentials
from submarine.adapters.hadoop.refusals import refusal
from submarine.core.errors import AdapterError, SubmarineError, UnavailableError

BAD: Final = 400
ACT_AS: Final = "doas"


class UnreachableError(UnavailableError):
    """No connection came about, so nothing was asked."""


class Web:
    """One session with all web servers of a cluster, as one principal."""

    def __init__(self, session: aiohttp.ClientSession, who: Credentials, access: HadoopAccess) -> None:
        self.patience = access.timeout
        self._session = session
        self._proxy = access.proxy
        self._credentials = who
        self._room = asyncio.Semaphore(access.calls)

    @classmethod
    @asynccontextmanager
    async def opened(cls, access: HadoopAccess) -> AsyncIterator[Web]:
        """Open a session; nothing is asked yet."""
        limits = aiohttp.ClientTimeout(
            total=None, connect=access.timeout, sock_connect=access.timeout, sock_read=access.timeout
        )
        who = credentials(access)
        trust = _trusted(access)
        connector = aiohttp.TCPConnector(limit=0, ssl=trust if trust is not None else True)
        # Cookies are the credentials' business: a jar would send one server's to another on the same host.
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=connector, timeout=limits, cookie_jar=jar) as session:
            yield cls(session, who, access)

    @asynccontextmanager
    async def asked(
        self,
        method: str,
        url: str | URL,
        query: Mapping[str, str] | None = None,
        *,
        user: str | None = None,
        known: bool = True,
        bounded: bool = True,
        **what: Any,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer, a success or a redirection, whose body is yet to be read.

        *user* is for whom we act. A server that is not *known* is not told who we are. What is *bounded*
        counts among the calls at once and takes no longer than the patience; data that streams is not.
        Raise `RefusedError` if it understood and will not, `UnavailableError` if it is away or busy.
        """
        target = URL(url, encoded=True) if isinstance(url, str) else url
        async with AsyncExitStack() as stack:
            if bounded:
                await stack.enter_async_context(self._bounds(target))
            try:
                answer = await self._answer(stack, method, target, query or {}, user, known, what)
                if answer.status >= BAD:
                    raise await refusal(_name(target), answer)
                yield answer
            except SubmarineError:
                raise
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise UnreachableError(f"{_name(target)} cannot be reached: {error}") from error
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise UnavailableError(f"{_name(target)} does not answer: {error!r}") from error

    async def ask(
        self, method: str, url: str | URL, query: Mapping[str, str] | None = None, **what: Any
    ) -> Any:
        """Return the document that is the answer, None if it is empty; see `asked`."""
        async with self.asked(method, url, query, **what) as answer:
            return document(await answer.read(), _name(answer.url))

    async def _answer(
        self,
        stack: AsyncExitStack,
        method: str,
        target: URL,
        query: Mapping[str, str],
        user: str | None,
        known: bool,
        what: dict[str, Any],
    ) -> aiohttp.ClientResponse:
        """Return the answer; a proof that is no longer good is replaced once."""
        more = {} if user is None else {ACT_AS: user}
        headers = what.pop("headers", {})
        while True:
            proof = await self._credentials.proof(target) if known else Proof()
            answer = await stack.enter_async_context(
                self._session.request(
                    method,
                    target.update_query({**query, **more, **proof.query}) if known or query else target,
                    headers={**headers, **proof.headers},
                    allow_redirects=False,
                    proxy=self._proxy,
                    **what,
                )
            )
            if not (known and self._credentials.heard(answer)) or hasattr(what.get("data"), "__aiter__"):
                return answer
            answer.release()

    @asynccontextmanager
    async def _bounds(self, target: URL) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.patience):
                await self._room.acquire()
        except TimeoutError as error:
            raise UnavailableError(f"too many calls wait for the cluster of {_name(target)}") from error
        try:
            async with asyncio.timeout(self.patience):
                yield
        except TimeoutError as error:
            raise UnavailableError(f"{_name(target)} took longer than {self.patience:g} s") from error
        finally:
            self._room.release()


def document(body: bytes, who: str) -> Any:
    """Return what *body* says in JSON, None if nothing; raise `AdapterError` if it is none."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise AdapterError(f"{who} answers nonsense: {body[:80]!r}") from error


def _name(url: URL) -> str:
    return f"{url.host}:{url.port}"


def _trusted(access: HadoopAccess) -> ssl.SSLContext | None:
    if access.authority is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(access.authority))
    except OSError as error:
        raise AdapterError(f"cannot read the certificates in {access.authority}: {error}") from error
