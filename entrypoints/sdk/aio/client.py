"""The client: one connection, and the API in groups."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Self

from submarine.entrypoints.sdk.aio.administration import (
    AsyncClusters,
    AsyncProjects,
    AsyncTeams,
    AsyncTokens,
    AsyncUsers,
)
from submarine.entrypoints.sdk.aio.experiments import AsyncExperiments
from submarine.entrypoints.sdk.aio.namespace import AsyncNamespace
from submarine.entrypoints.sdk.aio.transport import AsyncTransport, Notice
from submarine.entrypoints.sdk.connection import Connection, resolve
from submarine.entrypoints.sdk.request import get, send
from submarine.entrypoints.sdk.values import AuditEvent, Login, Me, Plugins, ServerInfo


class AsyncClient(AsyncNamespace):
    """A server as seen by one caller.

    Without arguments it is the server of the current context (`submarine login`) or of SUBMARINE_URL.
    *url* may name several servers that share their records (a list, or separated by commas): when one
    fails, the next is asked.
    Calls that get no answer are repeated for up to *retry_for* seconds, and *notice* is told so;
    each carries what makes a repeat harmless.
    """

    def __init__(
        self,
        url: str | Sequence[str] | None = None,
        token: str | None = None,
        context: str | None = None,
        *,
        timeout: float = 60.0,
        retry_for: float = 30.0,
        notice: Notice | None = None,
    ) -> None:
        self.connection: Connection = resolve(url, token, context)
        self._options: dict[str, Any] = {"timeout": timeout, "retry_for": retry_for, "notice": notice}
        self._connect()

    def _connect(self) -> None:
        transport = AsyncTransport(self.connection, **self._options)
        super().__init__(transport)
        self.experiments = AsyncExperiments(transport)
        self.clusters = AsyncClusters(transport)
        self.projects = AsyncProjects(transport)
        self.teams = AsyncTeams(transport)
        self.users = AsyncUsers(transport)
        self.tokens = AsyncTokens(transport)

    async def login(self, username: str, password: str) -> Login:
        """Get a token for a password, and go on with it."""
        body = {"username": username, "password": password}
        login = await self._ask(send("POST", "/login", body), Login)
        await self.close()
        self.connection = replace(self.connection, token=login.token)
        self._connect()
        return login

    async def logout(self) -> None:
        """Revoke the token in use."""
        await self._transport.send(send("POST", "/logout"))

    async def me(self) -> Me:
        """Return who is calling."""
        return await self._ask(get("/me"), Me)

    async def server_info(self) -> ServerInfo:
        """Return the server's version and the oldest client it serves."""
        return await self._ask(get("/server/info"), ServerInfo)

    async def plugins(self) -> Plugins:
        """Return what is installed on the server."""
        return await self._ask(get("/plugins"), Plugins)

    def audit(
        self,
        *,
        filter: str | None = None,  # noqa: A002 - the name in the API
        limit: int | None = None,
    ) -> AsyncIterator[AuditEvent]:
        """Yield who did what, the newest first."""
        return self._all("/audit", AuditEvent, limit, filter=filter)

    async def close(self) -> None:
        """Close the connections; the client is of no use afterwards."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
