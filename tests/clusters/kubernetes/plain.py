"""A plain way to an API server: TLS is put on here, so that a test can meddle with what passes."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tests.clusters.kubernetes.cluster import KubernetesCluster

_HERE = "127.0.0.1"


@contextmanager
def plain_text(cluster: KubernetesCluster) -> Iterator[tuple[str, int]]:
    """Yield host and port on this machine behind which *cluster*'s API server is, without TLS."""
    parts = urlsplit(cluster.url)
    trusted = ssl.create_default_context(cafile=str(cluster.authority))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="plain-text", daemon=True)

    carried: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here = asyncio.current_task()
        assert here is not None
        carried.add(here)  # asyncio keeps no hold of it once the client is gone
        writers = [writer]
        # a task that was cancelled would be an error to the callback of asyncio's streams (Python 3.11)
        try:
            there = await asyncio.open_connection(parts.hostname, parts.port, ssl=trusted)
            writers.append(there[1])
            await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
        except (OSError, asyncio.CancelledError):
            for each in writers:
                each.transport.abort()  # one of TLS would wait for the other side, and be left behind
        for each in writers:
            each.close()
        carried.discard(here)

    thread.start()
    try:
        serving = asyncio.run_coroutine_threadsafe(asyncio.start_server(carry, _HERE, 0), loop)
        server = serving.result(30)
        yield _HERE, server.sockets[0].getsockname()[1]
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def through(kubeconfig: Path, url: str, path: Path) -> Path:
    """Write *kubeconfig* to *path*, with its server at *url*."""
    document = yaml.safe_load(kubeconfig.read_text())
    for cluster in document["clusters"]:
        cluster["cluster"] = {"server": url}
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))
    return path


async def _end(server: asyncio.Server) -> None:
    server.close()
    here = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not here]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.05)  # transports are let go in the loop's next rounds


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while block := await reader.read(65_536):
            writer.write(block)
            await writer.drain()
    writer.close()
