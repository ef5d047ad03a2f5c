"""One route from request to response: who calls, how many at once, bind, once, answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from submarine.core.errors import ElsewhereError
from submarine.entrypoints.http.answers import Answer, Answering
from submarine.entrypoints.http.authentication import Authenticate, bearer
from submarine.entrypoints.http.binding import Arrival, bind
from submarine.entrypoints.http.bodies import read_whole
from submarine.entrypoints.http.exchange import EXCHANGE, Exchange
from submarine.entrypoints.http.headers import standing_headers
from submarine.entrypoints.http.hosts import Hosts
from submarine.entrypoints.http.idempotency import (
    HEADER,
    REPLAYED,
    Idempotency,
    IdempotencyKeys,
    IdempotencyStore,
    MemoryIdempotencyStore,
    promise_of,
)
from submarine.entrypoints.http.relay import Relay
from submarine.entrypoints.http.routing import Handler, Keeping, Route, marked
from submarine.entrypoints.http.signature import Signature, signature_of
from submarine.entrypoints.http.streams import Stream, Streams
from submarine.entrypoints.http.throttle import Load, Throttle
from submarine.entrypoints.settings import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A handler, and all that its declaration says."""

    route: Route
    handler: Handler
    signature: Signature
    answering: Answering

    @property
    def name(self) -> str:
        """Return the name of the method."""
        return self.handler.__name__


def endpoints(*controllers: object) -> Iterator[Endpoint]:
    """Yield an endpoint for every marked method of *controllers*."""
    for route, handler in marked(*controllers):
        signature = signature_of(handler, route)
        answering = Answering(signature.returns, route)
        yield Endpoint(route=route, handler=handler, signature=signature, answering=answering)


@dataclass(kw_only=True)
class Service:
    """What all endpoints share."""

    authenticate: Authenticate
    store: IdempotencyStore
    limits: Limits
    hosts: Hosts
    streams: Streams = field(default_factory=Streams)
    relay: Relay | None = None

    def __post_init__(self) -> None:
        limits = self.limits
        self.keys = IdempotencyKeys()
        self.secrets = MemoryIdempotencyStore()
        self.requests = Load(limits.in_flight, "requests")
        self.following = Load(limits.streams, "streams")
        self.rate = Throttle(limits.rate, limits.burst) if limits.rate else None
        self.sizes: Mapping[str, int] = {
            "form": min(limits.body, _FORM),
            "body": limits.body,
            "spec": limits.spec,
            "upload": limits.upload,
        }


_FORM: Final = 2**18  # bytes; megabytes of what nobody asked for are read in one go, while all others wait
_UNBOUNDED: Final = 1_000_000


class Dispatch:
    """Answers the requests that the router found to be for one endpoint."""

    def __init__(self, endpoint: Endpoint, service: Service) -> None:
        self.endpoint = endpoint
        self._service = service
        self._size = service.sizes[endpoint.route.size]
        self._store = {
            Keeping.STORE: service.store,
            Keeping.MEMORY: service.secrets,
            Keeping.HANDLER: None,
        }[endpoint.route.keeping]
        if endpoint.route.probe:
            self._load = Load(_UNBOUNDED, "requests")
        elif endpoint.answering.streams:
            self._load = service.following
        else:
            self._load = service.requests

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer *request*; every error leaves as an exception."""
        exchange = request[EXCHANGE]
        exchange.endpoint = self.endpoint
        if not self.endpoint.route.probe:
            self._service.hosts.check(request.headers.get(hdrs.HOST))
        self._load.enter()
        try:
            return await self._admitted(request, exchange)
        finally:
            self._load.leave()

    async def _admitted(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        service, endpoint = self._service, self.endpoint
        if endpoint.route.auth:
            exchange.principal = await service.authenticate(bearer(request))
            if service.rate is not None:
                service.rate.admit(exchange.principal.name)
        data = b""
        if endpoint.signature.reads_body:
            data = await read_whole(request, self._size, service.limits.read_timeout)
        promise = self._promise(request, exchange, data)
        arrival = Arrival(
            request, exchange, endpoint.route, data, promise, self._size, service.limits.read_timeout
        )
        if promise is None:
            return await self._answer(arrival)
        return await service.keys.once(promise, self._store, partial(self._answer, arrival))

    def _promise(self, request: web.Request, exchange: Exchange, data: bytes) -> Idempotency | None:
        if self.endpoint.route.method != "POST" or (header := request.headers.get(HEADER)) is None:
            return None
        who = exchange.principal.reach if exchange.principal is not None else ""
        return promise_of(header, f"{who} POST {self.endpoint.route.path}", request, data)

    async def _answer(self, arrival: Arrival) -> web.StreamResponse:
        endpoint = self.endpoint
        arguments, fields = bind(endpoint.signature, arrival, endpoint.answering.keys)
        try:
            answer = await endpoint.handler(**arguments)
        except ElsewhereError as error:
            if self._service.relay is None:
                raise
            answer = await self._service.relay.forward(
                arrival.request, error.cluster, arrival.data, streams=endpoint.answering.streams
            )
        if isinstance(answer, Stream):
            headers = standing_headers(arrival.exchange.request_id)
            with self._service.streams.live(arrival.request) as life:
                return await answer.send(arrival.request, headers, life)
        if isinstance(answer, web.StreamResponse):
            return answer
        response = endpoint.answering.response(answer, arrival.request, fields)
        if isinstance(answer, Answer) and answer.replayed:
            response.headers[REPLAYED] = "true"
        return response
