"""The settings of a server beside a Hadoop cluster, and of the runtime alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.tables import table

ANSWER_SECONDS: Final = 8.0
CLUSTER: Final = "hadoop"
SHELL_JAR: Final = "/apps/distributedshell.jar"
"""Where a cluster without YARN's services has the distributed shell."""


def yarn_options(cluster: HadoopCluster, user: str = "submarine", **options: Any) -> Mapping[str, Any]:
    """Return what the runtime is told about *cluster*; *options* come on top."""
    return {
        "resource_managers": cluster.endpoints["resourcemanagers"],
        "name_nodes": cluster.namenodes,
        "timeline": cluster.endpoints["timeline"],
        "timeout": ANSWER_SECONDS,
        "path": [str(Path(sys.executable).parent)],
        **({"shell_jar": SHELL_JAR} if cluster.bare else {}),
        **cluster.access(user),
        **options,
    }


def yarn_table(
    cluster: HadoopCluster, name: str = CLUSTER, *, user: str = "submarine", **options: Any
) -> str:
    """Return the table of a cluster called *name* in a server's settings."""
    said = {"name": name, "use": "yarn", **yarn_options(cluster, user, **options)}
    return table("[[clusters]]", said)


def hdfs_table(cluster: HadoopCluster, root: str, *, user: str = "submarine") -> str:
    """Return the table of a server whose objects lie below *root* on HDFS."""
    return table("[store]", {"use": "hdfs", "urls": cluster.namenodes, "root": root, **cluster.access(user)})
