"""One address for a whole HDFS, as a gateway such as Knox gives it.

What DataNodes get and give passes too, so a link before it carries every byte, and all faults can be there.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

PIECE = 2**16
BY_HOP = frozenset({"connection", "host", "transfer-encoding", "keep-alive", "expect"})


class Gateway:
    """Passes ``/webhdfs`` on to a NameNode, and what that redirects to a DataNode below ``/data``."""

    kept_back = BY_HOP

    def __init__(self, namenode: str) -> None:
        self._namenode = namenode
        self._session: aiohttp.ClientSession | None = None

    async def life(self, _: web.Application) -> AsyncIterator[None]:
        limits = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(
            timeout=limits, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        ) as self._session:
            yield

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        if not self._allowed(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'BASIC realm="gateway"'})
        target = self._target(request)
        if target is None:
            return web.Response(status=404)
        headers = {name: said for name, said in request.headers.items() if name.lower() not in self.kept_back}
        body = request.content if request.body_exists else None
        try:
            async with self._session.request(
                request.method,
                target,
                headers=headers,
                data=body,
                allow_redirects=False,
                skip_auto_headers=("Content-Type",),
            ) as answer:
                return await self._pass(request, answer)
        except aiohttp.ClientConnectorError as error:
            return web.Response(status=502, text=str(error))

    def _allowed(self, _: web.Request) -> bool:
        return True

    def _target(self, request: web.Request) -> URL | None:
        """Return where *request* goes, None if nowhere."""
        base, path = self._namenode, request.raw_path
        if path.startswith("/data/"):
            _, _, place, path = path.split("/", 3)
            base, path = f"http://{place}", f"/{path}"
        return URL(base + path, encoded=True)

    async def _pass(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        passed = web.StreamResponse(status=answer.status, reason=answer.reason)
        for name, said in answer.headers.items():
            if name.lower() not in BY_HOP:
                passed.headers.add(name, self._here(request, said) if name.lower() == "location" else said)
        await passed.prepare(request)
        async for piece in answer.content.iter_chunked(PIECE):
            await passed.write(piece)
        await passed.write_eof()
        return passed

    def _here(self, request: web.Request, location: str) -> str:
        place = urlsplit(location)
        return f"http://{request.host}/data/{place.netloc}{place.path}?{place.query}"


@contextmanager
def gateway(passing: Gateway, trust: ssl.SSLContext | None = None) -> Iterator[tuple[str, int]]:
    """Yield host and port of *passing*, which speaks TLS where there is a certificate."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gateway", daemon=True)
    thread.start()
    try:
        application = web.Application(client_max_size=0)
        application.cleanup_ctx.append(passing.life)
        application.router.add_route("*", "/{path:.*}", passing.handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)

        async def start() -> int:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=trust).start()
            port: int = runner.addresses[0][1]
            return port

        yield "127.0.0.1", asyncio.run_coroutine_threadsafe(start(), loop).result(30)
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
