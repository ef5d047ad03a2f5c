"""Offers the Kubernetes runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.core.errors import AdapterError
from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


@asynccontextmanager
async def _open(config: KubernetesConfig) -> AsyncIterator[Runtime]:
    import asyncio
    from importlib import import_module

    try:
        # more than a second of imports, during which a server should go on answering
        module = await asyncio.to_thread(import_module, "submarine.adapters.kubernetes.runtime")
    except ModuleNotFoundError as error:
        raise AdapterError(
            f"the kubernetes runtime needs {error.name}; pip install 'submarine-server[kubernetes]'"
        ) from error
    async with module.KubernetesRuntime.open(config) as runtime:
        yield runtime


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the Kubernetes runtime."""
    yield Adapter(
        port=RUNTIME,
        name="kubernetes",
        config=KubernetesConfig,
        open=_open,
        summary="Runs workloads on a Kubernetes cluster.",
    )
