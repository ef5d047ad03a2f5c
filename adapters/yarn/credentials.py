"""The token for HDFS that an application must bring along where there is Kerberos."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.manager import Manager
from submarine.core.errors import AdapterError, UnavailableError

_PORT: Final = 8020
"""Where a NameNode listens whose address names no port."""


async def tokens(
    config: YarnConfig, manager: Manager, files: Files, filesystem: str, user: str
) -> Mapping[str, str]:
    """Return a token by the service it is for, as *user*; none where every name is believed.

    The ResourceManager renews it as long as the application lives, so it must be of that renewer.
    """
    proof = await manager.setting("hadoop.security.authentication")
    if proof is None and config.keytab is not None:
        proof = "kerberos"  # it does not tell, but whoever has a keytab has one for this
    if proof != "kerberos":
        return {}
    principal = await manager.setting("yarn.resourcemanager.principal")
    if principal is None:
        raise AdapterError("YARN does not tell yarn.resourcemanager.principal, who is to renew tokens")
    service = await _service(manager, filesystem)
    host = await manager.setting("yarn.resourcemanager.hostname") or "localhost"
    token = await files.renewable_token(principal.replace("_HOST", host), service, user)
    return {} if token is None else {service: token}


async def _service(manager: Manager, filesystem: str) -> str:
    """Return what *filesystem* is called among tokens, as by Hadoop's SecurityUtil.buildTokenService."""
    place = urlsplit(filesystem)
    if place.netloc in (await manager.setting("dfs.nameservices") or "").split(","):
        return f"ha-hdfs:{place.netloc}"
    host, port = place.hostname or "", place.port or _PORT
    if await manager.setting("hadoop.security.token.service.use_ip") == "false":
        return f"{host}:{port}"
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UnavailableError(f"nobody knows the address of {host}: {error}") from error
    return f"{found[0][4][0]}:{port}"
