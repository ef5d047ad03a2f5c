"""No framework: every replica minds its own business."""

from __future__ import annotations

from collections.abc import Mapping

from submarine.core.workloads.rendezvous import Peers


class NoFramework:
    """Sets nothing."""

    name = "none"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:  # noqa: ARG002 - the protocol's
        """Return no variable."""
        return {}
