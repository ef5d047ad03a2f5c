"""Controllers that do nothing but show what the HTTP foundation makes of them, behind the real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

import httpx
from aiohttp import web
from pydantic import BaseModel, Field

from submarine.core.access.principal import Principal
from submarine.core.errors import (
    AdapterError,
    BusyError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    UnauthenticatedError,
    UnavailableError,
)
from submarine.core.pages import Page
from submarine.entrypoints.http import server
from submarine.entrypoints.http.answers import Answer
from submarine.entrypoints.http.app import SERVICE, rest
from submarine.entrypoints.http.bodies import Upload
from submarine.entrypoints.http.connection import Gate
from submarine.entrypoints.http.endpoint import Service
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.health import Check
from submarine.entrypoints.http.idempotency import IdempotencyStore, MemoryIdempotencyStore
from submarine.entrypoints.http.preconditions import IfMatch
from submarine.entrypoints.http.projection import Fields
from submarine.entrypoints.http.routing import Keeping, route
from submarine.entrypoints.settings import Limits

ADA: Final = {"Authorization": "Bearer ada"}


class Toy(BaseModel, frozen=True, extra="forbid"):
    name: str = Field(min_length=1, max_length=20)
    size: int = Field(default=1, ge=1, le=10)
    parts: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class ToyView(BaseModel, frozen=True):
    name: str
    size: int = 1
    version: int = 1
    spec: str = "long"


class ToyController:
    """A shop of toys."""

    def __init__(self) -> None:
        self.made = 0
        self.fail = 0
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.taken = 0
        self.secret = "sub_" + "s" * 40

    @route("GET", "/toys", sparse=("spec",), tag="toys")
    async def list_toys(
        self,
        principal: Principal,
        fields: Fields,
        *,
        limit: Annotated[int, Field(ge=1, le=500)] = 50,
        cursor: str | None = None,
        filter_: str | None = None,
        tag: Annotated[list[str] | None, Field(max_length=3)] = None,
        new: bool = False,
    ) -> Page[ToyView]:
        """List toys."""
        first = int(cursor or 0)
        items = [ToyView(name=f"toy-{n}") for n in range(first, min(first + limit, 7))]
        return Page(items, str(first + limit) if first + limit < 7 else None)

    @route("GET", "/toys/{name}", tag="toys")
    async def show_toy(self, principal: Principal, name: str) -> ToyView:
        """Show a toy."""
        if name == "none":
            raise NotFoundError(f"no toy {name!r}")
        return ToyView(name=name, version=3)

    @route("POST", "/toys", status=201, tag="toys", location="/toys/{name}")
    async def make_toy(self, principal: Principal, body: Toy) -> ToyView:
        """Make a toy."""
        self.made += 1
        if self.fail:
            self.fail -= 1
            raise RuntimeError(f"the glue of {self.secret} does not hold")
        if body.name == "slow":
            self.began.set()
            await self.go_on.wait()
        return ToyView(name=body.name, size=self.made)

    @route("PATCH", "/toys/{name}", tag="toys")
    async def change_toy(self, principal: Principal, name: str, body: Toy, match: IfMatch) -> ToyView:
        """Change a toy."""
        if match.version not in (None, 3):
            raise PreconditionError(f"toy {name!r} is at version 3, not {match.version}")
        return ToyView(name=name, size=body.size, version=4)

    @route("DELETE", "/toys/{name}", tag="toys")
    async def break_toy(self, principal: Principal, name: str) -> None:
        """Break a toy."""

    @route("POST", "/secrets", status=201, tag="toys", keeping=Keeping.MEMORY)
    async def make_secret(self, principal: Principal, body: Toy) -> ToyView:
        """Make what no table may hold."""
        self.made += 1
        return ToyView(name=f"secret-{self.made}")

    @route("POST", "/own", tag="toys", keeping=Keeping.HANDLER)
    async def own_keeping(self, principal: Principal, body: Toy) -> Answer[ToyView]:
        """Remember by itself."""
        self.made += 1
        return Answer(ToyView(name="own"), replayed=self.made > 1)

    @route("POST", "/optional", tag="toys")
    async def optional_body(self, principal: Principal, body: Toy | None = None) -> ToyView:
        """Do with or without a body."""
        return ToyView(name=body.name if body else "nobody")

    @route("PUT", "/uploads", tag="toys", size="upload", consumes=("*/*",))
    async def upload(self, principal: Principal, upload: Upload) -> ToyView:
        """Take bytes."""
        async for chunk in upload:
            self.taken += len(chunk)
        return ToyView(name="upload", size=self.taken)

    @route("GET", "/open", auth=False, tag="toys")
    async def open_door(self, request_id: RequestId) -> ToyView:
        """Let everybody in."""
        return ToyView(name=request_id)

    @route("GET", "/wait", tag="toys")
    async def wait(self, principal: Principal) -> ToyView:
        """Wait for the go-ahead."""
        self.began.set()
        await self.go_on.wait()
        return ToyView(name="waited")

    @route("GET", "/faults/{kind}", tag="toys")
    async def fail_somehow(self, principal: Principal, kind: str) -> ToyView:
        """Fail."""
        raise {
            "bug": RuntimeError(f"a bug with {self.secret}"),
            "adapter": AdapterError(f"the adapter with {self.secret} is broken"),
            "conflict": ConflictError("the toy is in use"),
            "away": UnavailableError("the shop is away"),
            "busy": BusyError("the shop is full", retry_after=7.2),
            "wrong": InvalidError.of("size", "is too big", "at most 10"),
            "cut": ConnectionResetError("the backend hung up"),
            "surrogate": NotFoundError("no toy '\udc80'"),
        }[kind]


async def authenticate(token: str) -> Principal:
    if token not in ("ada", "bob"):
        raise UnauthenticatedError("the token is none of ours")
    return Principal(name=token)


class Shop:
    """A server of toys and a client of it."""

    def __init__(self, url: str, client: httpx.AsyncClient, service: Service, gate: Gate) -> None:
        self.url = url
        self.port = int(url.rsplit(":", 1)[1])
        self.client = client
        self.service = service
        self.gate = gate

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Call as Ada."""
        return await self.client.request(
            method, path, headers={**ADA, **request.pop("headers", {})}, **request
        )

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a bare connection."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def raw(self, data: bytes, until: bytes = b"") -> bytes:
        """Send *data* and return what comes, to *until* or to where the server hangs up."""
        reader, writer = await self.connect()
        try:
            writer.write(data)
            async with asyncio.timeout(30):
                return await (reader.readuntil(until) if until else reader.read())
        finally:
            writer.close()


@asynccontextmanager
async def shop(
    *controllers: object,
    limits: Limits | None = None,
    hosts: Iterable[str] = ("*",),
    store: IdempotencyStore | None = None,
    checks: dict[str, Check] | None = None,
    gate: Gate | None = None,
    grace: float = 5.0,
) -> AsyncIterator[Shop]:
    """Serve *controllers*."""
    app: web.Application = rest(
        controllers,
        authenticate=authenticate,
        idempotency=store or MemoryIdempotencyStore(),
        checks=checks,
        limits=limits,
        allowed_hosts=hosts,
    )
    gate = gate or Gate()
    async with (
        httpx.AsyncClient(timeout=30, verify=False) as client,  # plain HTTP: no CAs to load
        server.serving(app, server.Listen(port=0, grace=grace), gate=gate) as url,
    ):
        client.base_url = httpx.URL(url)
        yield Shop(url, client, app[SERVICE], gate)


async def until(condition: Any, seconds: float = 30) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
