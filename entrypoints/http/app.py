"""The REST server, once its controllers are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry

from submarine.core.ids import new_id
from submarine.entrypoints.http.authentication import Authenticate
from submarine.entrypoints.http.browser import BrowserController
from submarine.entrypoints.http.door import door
from submarine.entrypoints.http.endpoint import Dispatch, Endpoint, Service, endpoints
from submarine.entrypoints.http.headers import standing_headers
from submarine.entrypoints.http.health import Check, HealthController
from submarine.entrypoints.http.hosts import ANY, Hosts
from submarine.entrypoints.http.idempotency import IdempotencyStore
from submarine.entrypoints.http.metrics import HttpMetrics, new_registry
from submarine.entrypoints.http.problems import Problem
from submarine.entrypoints.http.relay import Relay
from submarine.entrypoints.settings import Limits

SERVICE: Final = web.AppKey("service", Service)
HEALTH: Final = web.AppKey("health", HealthController)


def rest(
    controllers: Iterable[object],
    *,
    authenticate: Authenticate,
    idempotency: IdempotencyStore,
    checks: Mapping[str, Check] | None = None,
    limits: Limits | None = None,
    allowed_hosts: Iterable[str] = (ANY,),
    registry: CollectorRegistry | None = None,
    relay: Relay | None = None,
) -> web.Application:
    """Serve *controllers*, and beside them health, metrics and the description of it all."""
    metrics = HttpMetrics(registry or new_registry())
    service = Service(
        authenticate=authenticate,
        store=idempotency,
        limits=limits or Limits(),
        hosts=Hosts(list(allowed_hosts)),
        relay=relay,
    )
    health = HealthController(checks or {}, metrics.registry)
    browser = BrowserController()
    table = list(endpoints(*controllers, health, browser))
    browser.describe(table)
    metrics.watch("requests_in_flight", "Requests being answered", lambda: service.requests.now)
    metrics.watch("streams_open", "Streams being written", lambda: service.following.now)
    app = web.Application(middlewares=[door(metrics)])
    app[SERVICE], app[HEALTH] = service, health
    for endpoint in table:
        _add(app, endpoint, service)
    app.on_shutdown.append(_close_streams)
    app.on_cleanup.append(_close_relay)
    return app


def _add(app: web.Application, endpoint: Endpoint, service: Service) -> None:
    handle = Dispatch(endpoint, service).handle
    route = endpoint.route
    for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
        app.router.add_route(method, route.path, handle, expect_handler=_expect)


async def _expect(request: web.Request) -> web.StreamResponse | None:
    """Tell the client to go on if that is what it expects; refuse other expectations with a problem."""
    if request.headers.get(hdrs.EXPECT, "").lower() != "100-continue":
        request_id = new_id()
        detail = "the only Expect that is understood is 100-continue"
        response = Problem(code="invalid", status=417, detail=detail).response(request_id)
        response.headers.extend(standing_headers(request_id))
        return response
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # as aiohttp does: the answer proper has not begun
    return None


def drain(app: web.Application) -> None:
    """Say that the server is about to stop, and end every stream, so that clients resume elsewhere."""
    app[HEALTH].stopping = True
    app[SERVICE].streams.close()


async def _close_streams(app: web.Application) -> None:
    drain(app)


async def _close_relay(app: web.Application) -> None:
    if (relay := app[SERVICE].relay) is not None:
        await relay.aclose()
