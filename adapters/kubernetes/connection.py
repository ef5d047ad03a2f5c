"""Where the API server is and how we prove who we are; the reading of kubeconfigs is kubernetes_asyncio's."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import ConfigException, load_incluster_config, load_kube_config

from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.core.errors import AdapterError

log = logging.getLogger(__name__)

_REFRESH_S: Final = 60.0


class Connection:
    """Address, certificates and token of one cluster; tokens are read again when they are old or refused."""

    def __init__(self, config: KubernetesConfig) -> None:
        self._config = config
        self._settings: Any = None
        self._loader: Any = None
        self._environment: str | None = None
        self._certificates: object = None
        self._loaded = 0.0
        self._lock = asyncio.Lock()
        self.ssl: ssl.SSLContext | bool = True

    async def load(self) -> None:
        """Read the configuration; raise `AdapterError` if there is none or it is wrong."""
        async with self._lock:
            await self._load()

    @property
    def host(self) -> str:
        """Return the address of the API server."""
        return str(self._settings.host)

    @property
    def proxy(self) -> str | None:
        """Return the proxy on the way there, the environment's if the kubeconfig names none."""
        return self._settings.proxy or self._environment

    @property
    def server_name(self) -> str | None:
        """Return the name its certificate has, if it is another."""
        return self._settings.tls_server_name or None

    async def headers(self) -> dict[str, str]:
        """Return what proves who we are."""
        if self._loader is not None and asyncio.get_running_loop().time() - self._loaded > _REFRESH_S:
            await self.renew()
        value = await self._settings.get_api_key_with_prefix("BearerToken")
        return {"Authorization": value} if value else {}

    async def renew(self) -> None:
        """Read tokens and certificates again; what cannot be read now may still serve."""
        before = self._loaded
        async with self._lock:
            if self._loaded != before:  # somebody else just did
                return
            try:
                await self._load()
            except AdapterError as error:
                self._loaded = asyncio.get_running_loop().time()
                log.warning("credentials cannot be renewed: %s", error)

    async def _load(self) -> None:
        settings = Configuration()
        try:
            if self._config.in_cluster or not (path := self._path()):
                load_incluster_config(settings)  # type: ignore[no-untyped-call]
            elif self._loader is None:
                self._loader = await load_kube_config(str(path), self._config.context, settings)
            else:
                await self._loader.load_and_set(settings)
        except ConfigException as error:
            raise AdapterError(self._explain(error)) from error
        except Exception as error:  # an exec plugin may fail in any way
            raise AdapterError(f"cannot get credentials: {type(error).__name__}: {error}") from error
        self._settings = settings
        # aiohttp would look at the environment at every call, and there into ~/.netrc too
        self._environment = _proxy_to(self.host)
        self._secure()
        self._loaded = asyncio.get_running_loop().time()

    def _path(self) -> Path | None:
        """Return the kubeconfig to read, None if only the service account is left."""
        if self._config.kubeconfig is not None:
            return self._config.kubeconfig
        if named := os.environ.get("KUBECONFIG"):
            return Path(named)
        usual = Path.home() / ".kube" / "config"
        return usual if usual.is_file() else None

    def _explain(self, error: Exception) -> str:
        if self._config.in_cluster or not (path := self._path()):
            return f"no kubeconfig is named and this is no pod with a service account: {error}"
        return f"cannot use kubeconfig {path}: {error}"

    def _secure(self) -> None:
        found = self._settings
        certificates = (found.ssl_ca_cert, found.cert_file, found.key_file, found.verify_ssl)
        if certificates == self._certificates:
            return
        try:
            context = ssl.create_default_context(cafile=found.ssl_ca_cert or None)
            if found.cert_file:
                context.load_cert_chain(found.cert_file, keyfile=found.key_file)
        except OSError as error:
            raise AdapterError(f"cannot use the cluster's certificates: {error}") from error
        if not found.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.ssl, self._certificates = context, certificates


def _proxy_to(host: str) -> str | None:
    """Return what ``HTTPS_PROXY`` and its kin say of *host*, None if ``NO_PROXY`` excepts it."""
    parts = urlsplit(host)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
