"""What the YARN runtime needs to know."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from submarine.adapters.hadoop.access import HadoopAccess, Url
from submarine.adapters.yarn.accounts import possible, unfit
from submarine.adapters.yarn.names import SCRATCH
from submarine.core.access.names import is_user_name

WEBHDFS: Final = "/webhdfs/v1"
AUTO: Final = "auto"
SUBMITTER: Final = "{user}"
"""For act_as: who has submitted the job."""


class YarnConfig(HadoopAccess, frozen=True, extra="forbid"):
    """Which cluster, as whom, and what every container there is given.

    All of it is spoken to by REST; of a pair of servers both addresses are given, in any order.
    """

    resource_managers: tuple[Url, ...] = Field(default=(), description="http://HOST:8088, of each")
    name_nodes: tuple[Url, ...] = Field(min_length=1, description="http://HOST:9870, of each")
    gateway: Url | None = Field(
        default=None,
        description="https://HOST:8443/gateway/TOPOLOGY of a Knox through which the server reaches all; "
        "containers still go to the name_nodes by themselves",
    )
    timeline: Url | None = Field(
        default=None, description="http://HOST:8188; without it exit codes of containers that died are lost"
    )
    act_as: str | None = Field(
        default=None,
        pattern=r"^[^\s/@&?#]+$",
        description="who runs the workloads and owns their files, if not we ourselves (doAs); "
        "{user} is who submitted each",
    )
    hadoop_users: dict[str, str] = Field(
        default_factory=dict,
        description="with {user}, what Hadoop calls users of Submarine whose names differ",
    )
    staging: str | None = Field(
        default=None,
        pattern=r"^/[^:]+[^:/]$",
        description="the folder on HDFS where attempts live; /user/OWNER/.submarine if absent, "
        "and with {user} one of mode 1777",
    )
    form: Literal["auto", "service", "shell"] = Field(
        default=AUTO, description="as what jobs run; auto takes what the cluster offers"
    )
    queue: str | None = Field(default=None, description="the queue of workloads that name none")
    every: float = Field(default=1.0, ge=0.1, le=60, description="seconds between two looks at the cluster")
    orders: float = Field(
        default=5.0,
        ge=0.5,
        le=300,
        description="seconds after which containers look for orders by themselves",
    )
    token_every: float = Field(
        default=21_600.0,
        ge=1,
        le=604_800,
        description="with Kerberos, seconds after which what runs gets a fresh token for HDFS: "
        "half of dfs.namenode.delegation.token.renew-interval or less",
    )
    url: str | None = Field(default=None, description="the server as containers reach it")
    python: tuple[str, ...] = Field(
        default=("python3",), description="where nodes may have a Python 3.9 or newer, for the launcher"
    )
    path: tuple[str, ...] = Field(default=(), description="folders of the nodes, put before PATH")
    environment: str | None = Field(
        default=None, description="a packed environment on HDFS (.tar.gz), whose bin is put before PATH"
    )
    docker: bool = Field(
        default=False, description="the nodes run Docker containers, so a spec may name an image"
    )
    docker_network: str = Field(
        default="host", description="the network of such containers; replicas find each other on host"
    )
    docker_mounts: tuple[Annotated[str, Field(pattern=r"^/[^:,]*:/[^:,]*(:[a-z+]+)?$")], ...] = Field(
        default=(), description="what of the nodes they see besides: /etc/passwd:/etc/passwd:ro"
    )
    docker_client_config: str | None = Field(
        default=None, description="config.json of Docker on HDFS, with the passwords of registries"
    )
    sdk: bool = Field(default=True, description="put the in-job SDK on PYTHONPATH")
    memory: int = Field(default=1024, ge=1, description="MiB of a container that asks for none")
    code_limit: int = Field(default=4 * 2**30, gt=0, description="bytes that code may have when unpacked")
    resource_names: dict[str, str] = Field(
        default={"nvidia.com/gpu": "yarn.io/gpu"},
        description="what YARN calls the devices that specs ask for",
    )
    placement: dict[str, str] = Field(
        default_factory=dict, description="by role, or * for all: the node label that it wants"
    )
    filesystem: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9+.-]*://[^/]+$",
        description="fs.defaultFS of the cluster, for form shell; asked for if absent",
    )
    shell_jar: str | None = Field(
        default=None,
        pattern=r"^/[^:]+[^:/]$",
        description="the distributed shell's jar on HDFS, where it is not on YARN's class path",
    )
    master_memory: int = Field(default=512, ge=128, description="MiB of the application master of form shell")
    logs: str | None = Field(
        default=None, description="where the cluster keeps aggregated logs on HDFS; asked for if absent"
    )

    services: str | None = Field(
        default=None,
        pattern=r"^/[^:]+[^:/]$",
        description="yarn.service.base.path of the cluster; /user/OWNER/.yarn if absent",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.resource_managers) == (self.gateway is not None):
            raise ValueError("give resource_managers or a gateway, and not both")
        if self.gateway is None and (self.password is not None or self.token is not None):
            # Addresses of nodes come from containers: they must not be told a secret.
            raise ValueError("password and token are for a gateway; give its address")
        if self.gateway is not None and self.act_as is not None:
            raise ValueError("behind a gateway jobs run as who logs in there; leave act_as out")
        return self

    @model_validator(mode="after")
    def _each(self) -> Self:
        if not self.personal:
            if "{" in (self.act_as or ""):
                raise ValueError(f"act_as is {SUBMITTER} or what Hadoop calls somebody, not {self.act_as}")
            if self.hadoop_users:
                raise ValueError(f'hadoop_users is for act_as = "{SUBMITTER}"')
            return self
        if self.staging is None:
            raise ValueError(
                f'act_as = "{SUBMITTER}" needs staging, a folder on HDFS of {self.me} and of mode 1777, '
                "such as /apps/submarine"
            )
        for user, name in self.hadoop_users.items():
            if not is_user_name(user):
                raise ValueError(f"hadoop_users: {user!r} is no name in Submarine; those are in lower case")
            if not possible(name):
                raise ValueError(f"hadoop_users: {name!r} is no name in Hadoop, such as alice")
            if why := unfit(name, self.me):
                raise ValueError(f"hadoop_users: {user} cannot run as {name}: {why}")
        return self

    @property
    def personal(self) -> bool:
        """Tell whether each job runs as who submitted it."""
        return self.act_as == SUBMITTER

    @property
    def me(self) -> str:
        """Return who we are to Hadoop: the short name of the principal, where there is one."""
        return self.user if self.principal is None else self.principal.partition("@")[0].partition("/")[0]

    @property
    def owner(self) -> str:
        """Return who runs the workloads; where each runs as who submitted it, whose all the rest is."""
        return self.me if self.personal else self.act_as or self.me

    @property
    def folder(self) -> str:
        """Return where attempts live."""
        return self.staging or f"/user/{self.owner}/.submarine"

    @property
    def scratch(self) -> str:
        """Return how the names below it begin of what is written aside.

        In a folder of its own, or where many share the staging folder among what nobody but its owner may
        replace: whoever makes a folder first could take out of it what others put there.
        """
        return f"{SCRATCH}{'.' if self.personal else '/'}"
