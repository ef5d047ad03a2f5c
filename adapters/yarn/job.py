"""What a launcher needs to know of its workload, as the document that travels with it."""

from __future__ import annotations

from typing import Any

from submarine.adapters.yarn import names, rendezvous
from submarine.adapters.yarn.config import WEBHDFS, YarnConfig
from submarine.core.workloads.workload import Archive, Git, Remote, Role, Workload

Body = dict[str, Any]


def document(config: YarnConfig, workload: Workload, user: str) -> Body:
    """Return the document of *workload*, which runs as *user*; it holds secrets.

    ``brought`` is what launchers have to fetch from HDFS by themselves, by name.
    """
    return {
        "format": 1,
        "handle": workload.name,
        "folder": f"{config.folder}/{workload.name}",
        "scratch": f"{config.folder}/{config.scratch}{workload.name}.",
        "webhdfs": [f"{url}{WEBHDFS}" for url in config.name_nodes],
        "user": user,
        "kind": str(workload.kind),
        "grace": workload.grace,
        "max_duration": workload.max_duration,
        "poll": config.orders,
        "secrets": dict(workload.secrets),
        "server": config.url or workload.roles[0].env.get("SUBMARINE_URL", ""),
        "source": _source(workload),
        "packages": list(workload.environment.packages),
        "brought": {},
        "code_limit": config.code_limit,
        "path": list(config.path),
        "sdk": config.sdk,
        "roles": [_role(config, role) for role in workload.roles],
        "peers": rendezvous.stand_ins(workload),
        "variables": rendezvous.variables(workload),
    }


def variables(config: YarnConfig, role: Role) -> dict[str, str]:
    """Return the variables of *role*, with the server's address as containers know it."""
    if config.url is not None and "SUBMARINE_URL" in role.env:
        return {**role.env, "SUBMARINE_URL": config.url}
    return dict(role.env)


def _role(config: YarnConfig, role: Role) -> Body:
    return {
        "name": role.name,
        "command": list(role.command),
        "env": variables(config, role),
        "ports": dict(role.ports),
    }


def _source(workload: Workload) -> Body | None:
    match workload.source:
        case Archive() | None:
            return None if workload.source is None else {"kind": "archive", "archive": names.CODE}
        case Git(url=url, ref=ref, path=path):
            return {"kind": "git", "url": url, "ref": ref, "path": path}
        case Remote(uri=uri) if uri.startswith(("http://", "https://")):
            return {"kind": "url", "url": uri, "archive": names.CODE}
        case Remote():
            return {"kind": "archive", "archive": names.CODE}
