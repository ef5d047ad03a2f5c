"""What is known of each attempt: what its folder held and YARN said when they were last asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from submarine.adapters.yarn.objects import App, Exit
from submarine.adapters.yarn.records import Application, Cancel, Closing, End, Plan, Run, Scale, Seat, Stop
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle

Who = tuple[str, int]


@dataclass(slots=True)
class Attempt:
    """One attempt. ``files`` are those of its folder, each with when it was changed there.

    ``app`` is None as long as the ResourceManager knows nothing of it. ``exits`` are the containers the
    timeline server knows, by name.
    """

    handle: Handle
    owner: str
    ours: bool = True
    """Whether a server has made its folder; where others can, that is known when its plan was read."""
    changed: int = -1
    read_at: float = 0.0
    """When its folder was read last, on this server's steady clock."""
    files: Mapping[str, int] = field(default_factory=dict)
    plan: Plan | None = None
    scale: Scale | None = None
    """The size that was ordered since it was submitted; ``plan`` has it."""
    told: int = -1
    """Which order of a size this server has passed on to YARN last: when that was written, for HDFS."""
    told_at: float = 0.0
    """When it did, on its own steady clock."""
    cancel: Cancel | None = None
    stop: Stop | None = None
    closing: Closing | None = None
    application: Application | None = None
    declined: bool = False
    damage: str = ""
    refused: str = ""
    """Why HDFS or YARN would not tell of it when asked last."""
    seats: dict[Who, Seat] = field(default_factory=dict)
    runs: dict[Who, list[Run]] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    app: App | None = None
    claimed: str = ""
    """Which application runs it, where there was a doubt."""
    exits: Mapping[str, Exit] = field(default_factory=dict)
    over_since: float | None = None
    """When this server first saw that its application was over, on its own steady clock."""
    said: dict[tuple[str, ...], Remark] = field(default_factory=dict)
    """What YARN said of it, by its words, as far as this server heard it."""
    last: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The words that were said last, by of what."""
    known: str = ""
    """The application that the ResourceManager knew last."""
    unknown_since: float | None = None
    """Since when it knows of none, on this server's steady clock."""
    proved: set[str] = field(default_factory=set)
    """The applications that YARN has told to be its owner's under its name."""
    settled: bool = False
    """Whether nothing more is to be learnt of how its containers ended."""

    def named(self) -> str:
        """Return the id of its application, nothing if it has none yet."""
        found = self.app or self.application
        return found.id if found is not None else ""

    def run(self, who: Who) -> Run | None:
        """Return where the last container of *who* is or was."""
        runs = self.runs.get(who)
        return runs[-1] if runs else None

    def end(self, run: Run) -> End | None:
        """Return how *run* ended; another end is that of another life in the same container."""
        end = self.ends.get(run.container)
        return end if end is not None and end.started in {0, run.started} else None

    def silent(self) -> list[Exit]:
        """Return the containers that have ended before a launcher said anything, the newest first."""
        known = {run.container for runs in self.runs.values() for run in runs}
        ended = [found for found in self.exits.values() if found.over and found.container not in known]
        return sorted(
            (found for found in ended if not (found.is_master or found.released)),
            key=lambda found: -found.finished,
        )

    def app_over(self) -> bool:
        """Tell whether its application is known to be over."""
        return self.app is not None and self.app.over

    def unended(self) -> list[Run]:
        """Return the containers that have told of their beginning and not of their end."""
        return [run for runs in self.runs.values() for run in runs if self.end(run) is None]
