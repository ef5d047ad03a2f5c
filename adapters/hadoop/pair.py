"""Servers of which one is active: whoever stands by, or is away, is passed over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import aiohttp
from yarl import URL

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.hadoop.servers import Servers
from submarine.adapters.hadoop.web import UnreachableError, Web, document
from submarine.core.errors import UnavailableError

SAFE: Final = frozenset({"GET", "HEAD"})
MOVED: Final = frozenset({301, 302, 303, 307, 308})


class Pair:
    """One or several addresses of *who*, such as ``the ResourceManager``, of which one is active."""

    def __init__(self, web: Web, urls: Sequence[str], who: str) -> None:
        self.web = web
        self._servers = Servers(urls)
        self._who = who
        self.origins = frozenset(URL(url, encoded=True).origin() for url in urls)

    @asynccontextmanager
    async def asked(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        redirects: bool = False,
        **what: Any,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer of the active one; see `Web.asked`.

        *path* is percent-encoded. With *redirects* a redirection is an answer. Without, it is how a
        ResourceManager says that it stands by, with a Location or, while none is active, without.
        Raise `UnavailableError` if none is active. A call that may have been obeyed is not repeated
        elsewhere unless it only reads.
        """
        async with AsyncExitStack() as stack:
            yield await self._active(stack, method, path, query, redirects, what)

    async def ask(self, method: str, path: str, query: Mapping[str, str] | None = None, **what: Any) -> Any:
        """Return the document that is the answer, None if it is empty; see `asked`."""
        async with self.asked(method, path, query, **what) as answer:
            return document(await answer.read(), self._who)

    async def _active(
        self,
        stack: AsyncExitStack,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        redirects: bool,
        what: dict[str, Any],
    ) -> aiohttp.ClientResponse:
        said: list[str] = []
        for url in self._servers.in_turn():
            async with AsyncExitStack() as attempt:
                try:
                    asked = self.web.asked(method, URL(url + path, encoded=True), query, **what)
                    answer = await attempt.enter_async_context(asked)
                except RefusedError as error:
                    if not error.standby:
                        self._servers.works(url)
                        raise
                    said.append(f"{url} stands by")
                    continue
                except UnavailableError as error:
                    self._servers.is_away(url)
                    said.append(str(error))
                    if method in SAFE or isinstance(error, UnreachableError):
                        continue
                    raise
                if answer.status in MOVED and not redirects:
                    said.append(f"{url} stands by{_for(answer)}")
                    continue
                self._servers.works(url)
                stack.push_async_exit(attempt.pop_all())
                return answer
        raise UnavailableError(f"{self._who} is not available: {'; '.join(said)}")


def _for(answer: aiohttp.ClientResponse) -> str:
    location = answer.headers.get("Location")
    return f" for {URL(location).origin()}" if location and URL(location).is_absolute() else ""
