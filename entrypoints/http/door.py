"""The way in and out of every request: id, problems, headers, log line, metrics."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from submarine.core.errors import SubmarineError
from submarine.entrypoints.http.exchange import EXCHANGE, REQUEST_ID, Exchange, request_id_of
from submarine.entrypoints.http.headers import REQUEST_ID_HEADER, standing_headers
from submarine.entrypoints.http.metrics import UNMATCHED, HttpMetrics
from submarine.entrypoints.http.problems import problem_of

log = logging.getLogger(__name__)
access = logging.getLogger("submarine.access")

_CLIENT_LEFT: Final = 499  # nginx's word for it; nobody receives it


def door(metrics: HttpMetrics) -> Middleware:
    """Return the one middleware; one, because each costs every request."""

    @web.middleware
    async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id = request_id_of(request.headers.get(REQUEST_ID_HEADER))
        exchange = request[EXCHANGE] = Exchange(request_id, perf_counter())
        REQUEST_ID.set(request_id)  # the task is this request's own, so nobody needs to reset it
        status = _CLIENT_LEFT
        try:
            response = await handler(request)
            status = response.status
        except Exception as error:  # noqa: BLE001 - the last place before the client
            response = _refuse(request, exchange, error)
            status = response.status
        finally:
            _record(request, exchange, status, metrics)
        if not response.prepared:
            _stamp(response, request_id)
        return response

    return pass_through


def _refuse(request: web.Request, exchange: Exchange, error: Exception) -> web.StreamResponse:
    if isinstance(error, web.HTTPMethodNotAllowed) and request.method == hdrs.METH_OPTIONS:
        return web.Response(status=204, headers={"Allow": ", ".join(sorted(error.allowed_methods))})
    if isinstance(error, web.HTTPException) and error.status < 400:  # noqa: PLR2004 - redirects are answers
        return error
    if isinstance(error, ConnectionError) and not isinstance(error, SubmarineError) and _left(request):
        return web.Response(status=_CLIENT_LEFT)
    if request.writer.output_size > 0 and request.transport is not None:
        request.transport.close()  # an answer has begun: cut it, a second one would be taken for its rest
    problem = problem_of(error)
    if problem.code in {"internal", "adapter"}:
        log.error("request %s failed: %r", exchange.request_id, error, exc_info=error)
    return problem.response(exchange.request_id)


def _left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _stamp(response: web.StreamResponse, request_id: str) -> None:
    headers = response.headers
    for name, value in standing_headers(request_id).items():
        if name not in headers:
            headers[name] = value


def _record(request: web.Request, exchange: Exchange, status: int, metrics: HttpMetrics) -> None:
    endpoint = exchange.endpoint
    route = endpoint.route.path if endpoint is not None else UNMATCHED
    seconds = perf_counter() - exchange.started
    streamed = endpoint is not None and endpoint.answering.streams
    metrics.record(request.method, route, status, None if streamed else seconds)
    if access.isEnabledFor(logging.INFO):
        access.info(
            "%s %s %d",
            request.method,
            route,
            status,
            extra={
                "method": request.method,
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 2),
                "principal": exchange.principal.name if exchange.principal is not None else "",
                "peer": request.remote,
            },
        )
