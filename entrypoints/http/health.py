"""Is the server alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from submarine.core.errors import SubmarineError
from submarine.entrypoints.http.routing import route

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]
"""Returns if all is well, raises if not."""

_TIMEOUT: Final = 2.0
_REUSE: Final = 1.0  # seconds: however many probe, the backends are asked once


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found."""

    name: str
    ok: bool
    detail: str = ""
    duration_ms: float = 0.0


class HealthController:
    """For load balancers, Kubernetes and Prometheus; none of them has a token."""

    def __init__(
        self, checks: Mapping[str, Check], registry: CollectorRegistry, timeout: float = _TIMEOUT
    ) -> None:
        self._checks = dict(checks)
        self._registry = registry
        self._timeout = timeout
        self._asked: asyncio.Task[list[Verdict]] | None = None
        self._asked_at = 0.0
        self.stopping = False

    @route("GET", "/healthz", tag="health", auth=False, probe=True)
    async def healthz(self) -> web.Response:
        """Tell that the process answers; it asks nobody else, so that no backend gets us restarted."""
        return web.json_response({"status": "ok"})

    @route("GET", "/readyz", tag="health", auth=False, probe=True)
    async def readyz(self, verbose: str | None = None) -> web.Response:
        """Tell whether requests would succeed; with ``?verbose`` say which check found what."""
        verdicts = await self._verdicts()
        ready = not self.stopping and all(verdict.ok for verdict in verdicts)
        body: dict[str, object] = {"status": "stopping" if self.stopping else "ok" if ready else "unready"}
        if verbose is not None and verbose not in {"0", "false"}:
            body["checks"] = [
                {"name": v.name, "ok": v.ok, "detail": v.detail, "duration_ms": v.duration_ms}
                for v in verdicts
            ]
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")

    @route("GET", "/metrics", tag="health", auth=False, probe=True)
    async def metrics(self) -> web.Response:
        """Return what Prometheus collects."""
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def _verdicts(self) -> list[Verdict]:
        now = time.monotonic()
        if self._asked is None or (self._asked.done() and now - self._asked_at > _REUSE):
            self._asked_at = now
            self._asked = asyncio.ensure_future(self._ask())
        return await asyncio.shield(self._asked)

    async def _ask(self) -> list[Verdict]:
        return list(await asyncio.gather(*(self._run(name, check) for name, check in self._checks.items())))

    async def _run(self, name: str, check: Check) -> Verdict:
        started = time.perf_counter()
        detail = ""
        try:
            async with asyncio.timeout(self._timeout):
                await check()
        except TimeoutError:
            detail = f"no answer within {self._timeout:g} s"
        except SubmarineError as error:
            detail = str(error)
        except Exception as error:
            log.warning("check %s failed: %r", name, error, exc_info=error)
            detail = type(error).__name__  # its words may name what strangers should not read
        spent = round((time.perf_counter() - started) * 1000, 1)
        return Verdict(name=name, ok=not detail, detail=detail, duration_ms=spent)
