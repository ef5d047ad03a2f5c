"""What a job on a cluster has printed and measured, as its user sees it."""

from __future__ import annotations

from typing import Final

import submarine
from tests.end_to_end.patience import until

PATIENCE: Final = 300.0
"""Seconds; what comes from a container on a busy machine takes its time."""


def text(client: submarine.Client, experiment: submarine.Experiment) -> str:
    """Return what the command printed, without what the SDK says when its server is away."""
    lines = b"".join(client.experiments.logs(experiment)).decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("submarine: "))


def steps(client: submarine.Client, experiment: submarine.Experiment, count: int) -> list[int]:
    """Return the steps of the metric ``loss``, when there are *count* or more."""

    def found() -> list[int]:
        try:
            return sorted(point.step or 0 for point in client.experiments.metric(experiment, "loss"))
        except submarine.errors.NotFound:
            return []

    until(lambda: len(found()) >= count, PATIENCE)
    return found()
