"""A workload as one application whose master is that of Hadoop's distributed shell.

It asks for so many containers, all alike, and runs one script in each. Source of what it is told:
org.apache.hadoop.yarn.applications.distributedshell.ApplicationMaster, its options and variables.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from submarine.adapters.hadoop.webhdfs import FileStatus
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.objects import SHELL
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Role, Workload

Body = dict[str, Any]

SCRIPT: Final = "main"
"""The master puts ``.sh`` behind it, by renaming; what has it already it takes as it is."""
MASTER: Final = "org.apache.hadoop.yarn.applications.distributedshell.ApplicationMaster"
CLASSPATH: Final = ",".join(
    (
        "$HADOOP_CONF_DIR",
        *(
            f"${home}/share/hadoop/{part}/{jars}"
            for home, part in (
                ("HADOOP_COMMON_HOME", "common"),
                ("HADOOP_HDFS_HOME", "hdfs"),
                ("HADOOP_YARN_HOME", "yarn"),
            )
            for jars in ("*", "lib/*")
        ),
    )
)
"""That of yarn.application.classpath where nobody has set another."""
_JAR: Final = "distributedshell.jar"
_JAVA: Final = (
    "-XX:+UseSerialGC",
    "-XX:+IgnoreUnrecognizedVMOptions",  # Java 8 knows no modules to open
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
)
_MASTERS: Final = 20
"""So many masters one after the other, or as many as the cluster allows: containers live on meanwhile."""
_MEBI: Final = 2**20


class Given(NamedTuple):
    """What is known of the cluster and of the files there; *tokens* are for HDFS, by service."""

    filesystem: str
    classpath: str
    script: FileStatus
    jar: FileStatus | None = None
    tokens: Mapping[str, str] = {}


def submission(config: YarnConfig, workload: Workload, application: str, given: Given) -> Body:
    """Return what is posted to the ResourceManager."""
    said: Body = {
        "application-id": application,
        "application-name": workload.name,
        "application-type": SHELL,
        "application-tags": {"tag": ["submarine", tag(config)]},
        "max-app-attempts": _MASTERS,
        "keep-containers-across-application-attempts": True,
        "resource": {"memory": config.master_memory, "vCores": 1},
        "am-container-spec": _master(config, workload, given),
    }
    if queue := workload.queue or config.queue:
        said["queue"] = queue
    if workload.priority:
        said["priority"] = workload.priority
    if (label := config.placement.get("*")) is not None:
        said["app-node-label-expression"] = label
    return said


def tag(config: YarnConfig) -> str:
    """Return the tag of all applications that were started from our staging folder."""
    return f"submarine-{hashlib.sha256(config.folder.encode()).hexdigest()[:12]}"


def largest(config: YarnConfig, roles: tuple[Role, ...]) -> Resources:
    """Return what each container gets, as all are alike: enough for any role."""
    return Resources(
        cpu=max(role.resources.cpu for role in roles),
        memory=max(role.resources.memory or config.memory * _MEBI for role in roles),
        extra=dict(roles[0].resources.extra),
    )


def _master(config: YarnConfig, workload: Workload, given: Given) -> Body:
    script = f"{given.filesystem}{config.folder}/{workload.name}/{SCRIPT}"
    variables = {
        "CLASSPATH": ":".join([*([_JAR] if given.jar else []), *given.classpath.split(",")]),
        "DISTRIBUTEDSHELLSCRIPTLOCATION": script,
        "DISTRIBUTEDSHELLSCRIPTTIMESTAMP": given.script.modified,
        "DISTRIBUTEDSHELLSCRIPTLEN": given.script.size,
    }
    said: Body = {
        "commands": {"command": _command(config, workload)},
        "environment": {"entry": [{"key": key, "value": str(value)} for key, value in variables.items()]},
    }
    if given.jar is not None:
        resource = {
            "resource": f"{given.filesystem}{config.shell_jar}",
            "type": "FILE",
            "visibility": "APPLICATION",
            "size": given.jar.size,
            "timestamp": given.jar.modified,
        }
        said["local-resources"] = {"entry": [{"key": _JAR, "value": resource}]}
    if given.tokens:
        entries = [{"key": key, "value": token} for key, token in given.tokens.items()]
        said["credentials"] = {"tokens": {"entry": entries}}
    return said


def _command(config: YarnConfig, workload: Workload) -> str:
    """Return the master's command line; nothing in it needs quotes."""
    asked = largest(config, workload.roles)
    options: dict[str, object] = {
        "num_containers": sum(role.replicas for role in workload.roles),
        "container_memory": math.ceil(asked.memory / _MEBI),
        "container_vcores": max(1, math.ceil(asked.cpu / 1000)),
        "priority": 0,
        "shell_env": f"SUBMARINE_WORKLOAD={workload.name}",
    }
    extra = {config.resource_names.get(name, name): count for name, count in asked.extra.items() if count}
    if extra:
        options["container_resources"] = ",".join(f"{name}={count}" for name, count in extra.items())
    heap = f"-Xmx{max(config.master_memory // 2, 64)}m"
    told = " ".join(f"--{name} {value}" for name, value in options.items())
    java = " ".join(("{{JAVA_HOME}}/bin/java", heap, *_JAVA, MASTER))
    return f"{java} {told} 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr"
