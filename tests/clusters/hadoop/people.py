"""People of Submarine who share a cluster, each with a token of their own, and the folder that they share."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import httpx

import submarine
from tests.clusters.hadoop.asking import SLOW
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import yarn_table
from tests.entrypoints.server import Server

_PASSWORD: Final = "correct horse battery"


@contextmanager
def shared(hadoop: HadoopCluster, mode: str = "1773") -> Iterator[str]:
    """Have an administrator make a folder on HDFS for the jobs of all, and yield its path."""
    path = f"/apps-{secrets.token_hex(4)}"
    hadoop.as_root("PUT", "MKDIRS", path, permission=mode)
    hadoop.as_root("PUT", "SETOWNER", path, owner="submarine")
    hadoop.as_root("PUT", "SETPERMISSION", path, permission=mode)
    yield path
    hadoop.as_root("DELETE", "DELETE", path, recursive="true")


def each_table(hadoop: HadoopCluster, staging: str, **options: Any) -> str:
    """Return the table of a cluster on which each job runs as who submits it."""
    return yarn_table(hadoop, act_as="{user}", staging=staging, **options)


@contextmanager
def people(server: Server, names: Sequence[str]) -> Iterator[dict[str, submarine.Client]]:
    """Make accounts called *names* in the team of all, and yield the client of each."""
    with ExitStack() as stack:
        admin = stack.enter_context(submarine.Client(server.url, server.token, retry_for=SLOW))
        found = {}
        for name in names:
            admin.users.create(name, password=_PASSWORD)
            admin.teams.set_member("default", name, "member")
            found[name] = stack.enter_context(submarine.Client(server.url, "", retry_for=SLOW))
            found[name].login(name, _PASSWORD)
        yield found


def asked(hadoop: HadoopCluster, user: str, operation: str, path: str) -> int:
    """Return the status that WebHDFS answers to *user*, whom a cluster without Kerberos believes."""
    url = f"{hadoop.namenodes[0]}/webhdfs/v1{path}"
    return httpx.get(url, params={"op": operation, "user.name": user}, timeout=60).status_code


def owners(hadoop: HadoopCluster, path: str) -> dict[str, str]:
    """Return whose each thing in the folder *path* on HDFS is, without what begins with a dot."""
    found = hadoop.as_root("GET", "LISTSTATUS", path)["FileStatuses"]["FileStatus"]
    return {each["pathSuffix"]: each["owner"] for each in found if not each["pathSuffix"].startswith(".")}
