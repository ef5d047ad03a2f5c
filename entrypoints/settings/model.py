"""The shape of the settings, with a default for everything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork

MEBI: Final = 2**20


def default_data() -> Path:
    """Return where a server keeps its files if nobody says: the XDG data folder of its user."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "submarine"


class Choice(BaseModel):
    """Which adapter fills a port; everything but ``use`` is for the adapter to judge."""

    model_config = ConfigDict(extra="allow", frozen=True)
    use: str = Field(description="the name of an adapter, as 'submarine plugin list' shows it")

    @property
    def options(self) -> dict[str, Any]:
        """Return what the adapter's own model should judge."""
        return dict(self.model_extra or {})


class ClusterChoice(Choice):
    """A cluster that work may go to."""

    name: str = Field(
        pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", description="a DNS label, such as prod-a"
    )
    labels: dict[str, str] = Field(default_factory=dict, description="what placement may ask for")
    enabled: bool = Field(default=True, description="false leaves the cluster out")


class Server(BaseModel, frozen=True, extra="forbid"):
    """Where the server listens and keeps its own files."""

    host: str = Field(default="127.0.0.1", description="an address or name of this machine")
    port: int = Field(default=8080, ge=0, le=65535, description="a port, 0 for any free one")
    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="how jobs and users reach the server, if not by host and port",
    )
    peer_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="how other servers on the same records reach this one, if not by host and port",
    )
    drain: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="seconds that a stopping server still answers, while /readyz says 503",
    )
    data: Path = Field(default_factory=default_data, description="a folder of this server alone")
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="names under which the server is asked for, beside the loopback's"
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8"
    )
    open_teams: bool = Field(default=False, description="true lets every user make teams")


class Placement(BaseModel, frozen=True, extra="forbid"):
    """How a cluster is chosen when a spec does not say."""

    policy: str = Field(default="least-loaded", description="the name of a placement policy")


class Limits(BaseModel, frozen=True, extra="forbid"):
    """How much is taken; sizes in bytes, times in seconds. ``rate`` is requests a second, 0 for any."""

    body: int = Field(default=4 * MEBI, ge=1024)
    spec: int = Field(default=MEBI, ge=1024)
    upload: int = Field(default=512 * MEBI, ge=1024)
    in_flight: int = Field(default=512, ge=1)
    streams: int = Field(default=2048, ge=1)
    rate: float = Field(default=0.0, ge=0)
    burst: int = Field(default=100, ge=1)
    read_timeout: float = Field(default=60.0, gt=0)
    connections: int = Field(default=2000, ge=1)
    header_timeout: float = Field(default=15.0, gt=0)
    stall_timeout: float = Field(default=30.0, gt=0)
    orphan_grace: float = Field(default=600.0, ge=0)


class Log(BaseModel, frozen=True, extra="forbid"):
    """What the server says of itself, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


class Settings(BaseModel, frozen=True, extra="forbid"):
    """The whole file."""

    server: Server = Field(default_factory=Server)
    records: Choice = Choice(use="sqlite")
    store: Choice = Choice(use="file")
    identity: Choice = Choice(use="local")
    clusters: tuple[ClusterChoice, ...] = (ClusterChoice(name="local", use="local"),)
    placement: Placement = Placement()
    limits: Limits = Limits()
    log: Log = Log()
