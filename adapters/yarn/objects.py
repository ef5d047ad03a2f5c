"""What YARN's servers answer, as far as we read it."""

from __future__ import annotations

from typing import Final

import msgspec

SERVICE: Final = "yarn-service"
"""The type of an application that is a YARN service."""
SHELL: Final = "SUBMARINE"
"""The type of those whose master is the distributed shell's."""
CONSIDERED: Final = frozenset({"NEW", "NEW_SAVING", "SUBMITTED"})
LIVE_STATES: Final = ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED", "RUNNING")
ABORTED: Final = -100
UNFINISHED: Final = -1000
"""The exit status of a container that has none yet."""


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An application, as the ResourceManager lists it; without rights on it, some fields are empty."""

    id: str
    name: str = ""
    type: str = msgspec.field(default=SERVICE, name="applicationType")
    tags: str = msgspec.field(default="", name="applicationTags")
    user: str = ""
    state: str = ""
    final: str = msgspec.field(default="UNDEFINED", name="finalStatus")
    queue: str = ""
    diagnostics: str = ""
    running: int = msgspec.field(default=0, name="runningContainers")
    started: int = msgspec.field(default=0, name="startedTime")
    finished: int = msgspec.field(default=0, name="finishedTime")
    host: str = msgspec.field(default="", name="amHostHttpAddress")
    output: str = msgspec.field(default="", name="amContainerLogs")

    @property
    def container(self) -> str:
        """Return the container of its application master, empty if it has none yet."""
        return next((part for part in self.output.split("/") if part.startswith("container_")), "")

    @property
    def number(self) -> tuple[int, int]:
        """Return what orders applications by their birth."""
        _, cluster, number = self.id.split("_")
        return int(cluster), int(number)

    @property
    def refused(self) -> bool:
        """Tell whether YARN took it and then would not have it, so that nothing of it was ever started."""
        return self.state == "FAILED" and not self.container

    @property
    def over(self) -> bool:
        """Tell whether nothing of it is going on any more, for the ResourceManager."""
        return self.state not in LIVE_STATES


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """A container, as the timeline server remembers it; ``priority`` is the role's place in the service."""

    container: str = msgspec.field(name="containerId")
    priority: int = 0
    status: int = msgspec.field(default=UNFINISHED, name="containerExitStatus")
    state: str = msgspec.field(default="", name="containerState")
    diagnostics: str = msgspec.field(default="", name="diagnosticsInfo")
    node: str = msgspec.field(default="", name="nodeHttpAddress")
    started: int = msgspec.field(default=0, name="startedTime")
    finished: int = msgspec.field(default=0, name="finishedTime")

    @property
    def over(self) -> bool:
        """Tell whether it has ended."""
        return self.state == "COMPLETE" and self.status != UNFINISHED

    @property
    def released(self) -> bool:
        """Tell whether the application master gave it back, having no use for it."""
        return self.status == ABORTED and "released by application" in self.diagnostics

    @property
    def outlived(self) -> bool:
        """Tell whether it was ended because its application had ended, which says why."""
        return self.status == ABORTED and "completed application" in self.diagnostics

    @property
    def is_master(self) -> bool:
        """Tell whether it is an application master's."""
        return self.container.endswith("_000001")
