"""Asks Hadoop's web servers: bounded in time and number, and whatever is no answer means *unavailable*."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, Self

import aiohttp
import msgspec
from yarl import URL

from submarine.adapters.yarn.config import YarnConfig
from submarine.core.errors import UnavailableError

Query = Mapping[str, str]

_REDIRECT: Final = 307
_HOPS: Final = 3
_RETRIED: Final = {"StandbyException", "SafeModeException", "RetriableException", "RetryAgainException"}
_SERVER_ERROR: Final = 500


class Answer(NamedTuple):
    """What a server said."""

    status: int
    body: bytes
    location: str = ""

    def json(self) -> dict[str, Any]:
        """Return the document; raise `UnavailableError` if it is none: then somebody else has answered."""
        try:
            found = msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise UnavailableError(
                f"Hadoop answered {self.status} and no document: {self.body[:100]!r}"
            ) from error
        return found

    @property
    def exception(self) -> str:
        """Return the name of the Java exception it is, nothing if it is none."""
        return str(self._remote.get("exception", ""))

    @property
    def message(self) -> str:
        """Return what is wrong, in the server's words."""
        try:
            found = self.json()
        except UnavailableError:
            return self.body[:300].decode(errors="replace")
        return str(self._remote.get("message") or found.get("diagnostics") or found)

    @property
    def _remote(self) -> dict[str, Any]:
        try:
            found = self.json().get("RemoteException")
        except UnavailableError:
            return {}
        return found if isinstance(found, dict) else {}


class Rest:
    """One connection pool for all servers of a cluster."""

    def __init__(self, config: YarnConfig, session: aiohttp.ClientSession) -> None:
        self._config = config
        self._session = session
        self._first: dict[Sequence[str], int] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, config: YarnConfig) -> AsyncIterator[Self]:
        """Have a pool meanwhile."""
        timeout = aiohttp.ClientTimeout(total=config.timeout, connect=config.timeout)
        connector = aiohttp.TCPConnector(limit=config.calls)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            yield cls(config, session)

    async def ask(
        self,
        bases: Sequence[str],
        method: str,
        path: str,
        query: Query | None = None,
        *,
        json: object = None,
        data: bytes | None = None,
        user: str | None = None,
    ) -> Answer:
        """Ask whichever of *bases* answers; raise `UnavailableError` if none does."""
        error = UnavailableError("no address of the server is configured")
        first = self._first.get(bases, 0)
        for turn in range(len(bases)):
            place = (first + turn) % len(bases)
            try:
                answer = await self._follow(method, bases[place] + path, self._who(query, user), json, data)
            except UnavailableError as caught:
                error = caught
            else:
                self._first[bases] = place
                return answer
        raise error

    @asynccontextmanager
    async def reading(self, url: str, query: Query | None = None) -> AsyncIterator[aiohttp.ClientResponse]:
        """Read a long answer piece by piece, wherever it is; an end in the middle is *unavailable*."""
        where: str | URL = url
        seconds = self._config.timeout
        asked: Query | None = self._who(query, None)
        try:
            for _ in range(_HOPS):
                async with self._session.get(
                    where, params=asked, proxy=self._config.proxy, allow_redirects=False,
                    headers={"Accept": "*/*"},
                    timeout=aiohttp.ClientTimeout(sock_read=seconds, connect=seconds),
                ) as response:  # fmt: skip
                    if response.status == _REDIRECT and (location := response.headers.get("Location")):
                        where, asked = URL(location, encoded=True), None
                        continue
                    yield response
                    return
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise UnavailableError(f"{url}: {_why(error)}") from error
        raise UnavailableError(f"{url} is always somewhere else")

    def _who(self, query: Query | None, user: str | None) -> dict[str, str]:
        asked = {**(query or {}), "user.name": self._config.user}
        if user is not None and user != self._config.user:
            asked["doAs"] = user
            asked["doas"] = user
        return asked

    async def _follow(self, method: str, url: str, query: Query, json: object, data: bytes | None) -> Answer:
        where: URL = URL(url).with_query(query)
        body = None if data is not None else json
        payload: bytes | None = None
        for _ in range(_HOPS):
            answer = await self._exchange(method, where, body, payload)
            if answer.status != _REDIRECT:
                return _sane(url, answer)
            if not answer.location:
                raise UnavailableError(f"{url}: no server of the pair is active now")
            where, payload = URL(answer.location, encoded=True), data
        raise UnavailableError(f"{url} is always somewhere else")

    async def _exchange(self, method: str, url: URL, json: object, data: bytes | None) -> Answer:
        headers = {"Accept": "application/json, */*;q=0.5"}
        if data is not None:
            headers["Content-Type"] = "application/octet-stream"
        try:
            async with self._session.request(
                method, url, json=json, data=data, headers=headers,
                proxy=self._config.proxy, allow_redirects=False,
            ) as response:  # fmt: skip
                return Answer(response.status, await response.read(), response.headers.get("Location", ""))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise UnavailableError(f"{url.origin()}: {_why(error)}") from error


def _sane(url: str, answer: Answer) -> Answer:
    """Return *answer*; raise `UnavailableError` where it is the word of a server that is not itself."""
    if answer.exception in _RETRIED:
        raise UnavailableError(f"{url}: {answer.message}")
    if answer.status >= _SERVER_ERROR and not answer.body.lstrip().startswith(b"{"):
        raise UnavailableError(f"{url} answered {answer.status}: {answer.body[:100]!r}")
    return answer


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
