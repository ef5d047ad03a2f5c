# Made from aio/client.py by mirror.py: edit it there.
# fmt: off
# ruff: noqa: E501, I001, RUF100, SIM117, UP028
"""The client: one connection, and the API in groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Self

from submarine.entrypoints.sdk.sync.administration import (
    Clusters,
    Projects,
    Teams,
    Tokens,
    Users,
)
from submarine.entrypoints.sdk.sync.experiments import Experiments
from submarine.entrypoints.sdk.sync.namespace import Namespace
from submarine.entrypoints.sdk.sync.transport import Transport, Notice
from submarine.entrypoints.sdk.connection import Connection, resolve
from submarine.entrypoints.sdk.request import get, send
from submarine.entrypoints.sdk.values import AuditEvent, Login, Me, Plugins, ServerInfo


class Client(Namespace):
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
        transport = Transport(self.connection, **self._options)
        super().__init__(transport)
        self.experiments = Experiments(transport)
        self.clusters = Clusters(transport)
        self.projects = Projects(transport)
        self.teams = Teams(transport)
        self.users = Users(transport)
        self.tokens = Tokens(transport)

    def login(self, username: str, password: str) -> Login:
        """Get a token for a password, and go on with it."""
        body = {"username": username, "password": password}
        login = self._ask(send("POST", "/login", body), Login)
        self.close()
        self.connection = replace(self.connection, token=login.token)
        self._connect()
        return login

    def logout(self) -> None:
        """Revoke the token in use."""
        self._transport.send(send("POST", "/logout"))

    def me(self) -> Me:
        """Return who is calling."""
        return self._ask(get("/me"), Me)

    def server_info(self) -> ServerInfo:
        """Return the server's version and the oldest client it serves."""
        return self._ask(get("/server/info"), ServerInfo)

    def plugins(self) -> Plugins:
        """Return what is installed on the server."""
        return self._ask(get("/plugins"), Plugins)

    def audit(
        self,
        *,
        filter: str | None = None,  # noqa: A002 - the name in the API
        limit: int | None = None,
    ) -> Iterator[AuditEvent]:
        """Yield who did what, the newest first."""
        return self._all("/audit", AuditEvent, limit, filter=filter)

    def close(self) -> None:
        """Close the connections; the client is of no use afterwards."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
