"""The administrator's own client: plain calls and a plain watch, as cheap as they can be."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import load_kube_config

_MERGE: Final = {"Content-Type": "application/merge-patch+json"}
_NAMES_ONLY: Final = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
_PAGE: Final = 1_000


class ApiWire:
    """Calls an API server."""

    def __init__(self, session: aiohttp.ClientSession, host: str, context: ssl.SSLContext) -> None:
        self._session = session
        self._host = host
        self._ssl = context

    @classmethod
    @asynccontextmanager
    async def open(cls, kubeconfig: Path) -> AsyncIterator[Self]:
        """Speak as *kubeconfig* says, which has a client certificate."""
        settings: Any = Configuration()
        await load_kube_config(str(kubeconfig), client_configuration=settings)
        context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        context.load_cert_chain(settings.cert_file, settings.key_file)
        limit = aiohttp.ClientTimeout(total=None, sock_connect=30)
        async with aiohttp.ClientSession(timeout=limit, read_bufsize=2**18) as session:
            yield cls(session, settings.host, context)

    async def raw(self, path: str) -> str:
        """Return the body of a GET."""
        async with self._session.get(self._host + path, ssl=self._ssl) as response:
            response.raise_for_status()
            return await response.text()

    async def get(self, path: str) -> dict[str, Any]:
        """Return one object."""
        found: dict[str, Any] = json.loads(await self.raw(path))
        return found

    async def patch(self, path: str, body: Mapping[str, Any]) -> None:
        """Change an object by a merge patch."""
        data = json.dumps(body)
        async with self._session.patch(
            self._host + path, data=data, headers=_MERGE, ssl=self._ssl
        ) as response:
            if response.status >= 300:
                raise RuntimeError(f"PATCH {path}: {response.status} {await response.text()}")

    async def count(self, collection: str) -> int:
        """Return how many objects there are."""
        page = await self._page(collection, {"limit": "1"})
        return len(page["items"] or []) + int(page["metadata"].get("remainingItemCount", 0))

    async def metadata(self, collection: str, selector: str) -> list[dict[str, Any]]:
        """Return the metadata of all objects with the labels of *selector*."""
        params = {"limit": str(_PAGE), "labelSelector": selector}
        found: list[dict[str, Any]] = []
        while True:
            page = await self._page(collection, params)
            found += [item["metadata"] for item in page["items"] or []]
            if not (more := page["metadata"].get("continue")):
                return found
            params["continue"] = more

    @asynccontextmanager
    async def watching(self, collection: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Watch what changes in *collection* from now on."""
        page = await self._page(collection, {"limit": "1"})
        params = {"watch": "true", "resourceVersion": page["metadata"]["resourceVersion"]}
        async with self._session.get(self._host + collection, params=params, ssl=self._ssl) as response:
            response.raise_for_status()
            yield _changes(response)

    async def _page(self, collection: str, params: Mapping[str, str]) -> dict[str, Any]:
        async with self._session.get(
            self._host + collection, params=params, headers=_NAMES_ONLY, ssl=self._ssl
        ) as response:
            response.raise_for_status()
            page: dict[str, Any] = await response.json(content_type=None)
            return page


async def _changes(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    rest = b""
    async for chunk in response.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)
