"""What a cluster says of a workload in its own words."""

from __future__ import annotations

from dataclasses import dataclass

from submarine.core.workloads.workload import Handle


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that a cluster said, perhaps more than once.

    ``subject`` is what the cluster said it of, by the cluster's name (``Pod sub-01j…-1-worker-0-x7k2p``);
    ``replica`` is ours for it (``worker-0``), if it is one. ``reason`` is the cluster's word
    (``FailedScheduling``), ``message`` its sentence. ``warning`` tells what should not be from what is as
    usual. ``count`` is how often it was said until ``at``, Unix milliseconds.
    """

    handle: Handle
    subject: str
    reason: str
    message: str
    at: int
    warning: bool = False
    count: int = 1
    replica: str = ""

    @property
    def words(self) -> tuple[Handle, str, str, str]:
        """Return what makes it the same remark when it is heard again."""
        return self.handle, self.subject, self.reason, self.message
