"""The site itself over HTTP: what it is and what is plugged into it."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from submarine import __version__
from submarine.core.access.principal import Principal
from submarine.entrypoints.http.routing import route
from submarine.plugins.registry import Registry

MIN_CLIENT: Final = "0.1.0"
FEATURES: Final = ("experiments", "metrics", "artifacts", "events", "clusters", "teams", "tokens", "audit")


class ServerInfo(BaseModel, frozen=True):
    """What a client asks first: which side is too old, if any."""

    version: str
    api: str
    min_client: str
    features: list[str]


class PluginView(BaseModel, frozen=True):
    """One thing that a plugin brings; ``port`` is what an adapter fills."""

    name: str
    kind: str
    port: str | None
    summary: str
    package: str
    version: str


class BrokenPluginView(BaseModel, frozen=True):
    """A plugin that failed, wholly or in part, and how."""

    name: str
    error: str


class PluginsView(BaseModel, frozen=True):
    """All that is plugged in."""

    items: list[PluginView]
    broken: list[BrokenPluginView]


class SiteController:
    """Shows the server and its plugins."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @route("GET", "/api/v1/server/info", tag="server", auth=False)
    async def show_server(self) -> ServerInfo:
        """Tell version and abilities; needs no token."""
        return ServerInfo(version=__version__, api="v1", min_client=MIN_CLIENT, features=list(FEATURES))

    @route("GET", "/api/v1/plugins", tag="server")
    async def list_plugins(self, principal: Principal) -> PluginsView:
        """List adapters, policies and frameworks, and what is broken."""
        del principal  # whoever is logged in may know
        ports = {"policy", "framework"}
        return PluginsView(
            items=[
                PluginView(
                    name=offer.name,
                    kind=offer.kind if offer.kind in ports else "adapter",
                    port=None if offer.kind in ports else offer.kind,
                    summary=offer.summary,
                    package=offer.plugin.package,
                    version=offer.plugin.version,
                )
                for offer in self._registry.offers
            ],
            broken=[BrokenPluginView(name=n, error=str(e)) for n, e in self._registry.broken.items()],
        )
