"""What tests ask of our server, as its users do."""

from __future__ import annotations

import submarine
from tests.end_to_end.patience import until


def submit(
    client: submarine.Client, name: str, command: list[str], cluster: str = "kube", **more: object
) -> submarine.Experiment:
    spec = {"name": name, "command": command, "placement": {"cluster": cluster}, **more}
    return client.experiments.submit(spec)


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

    until(lambda: len(found()) >= count)
    return found()
