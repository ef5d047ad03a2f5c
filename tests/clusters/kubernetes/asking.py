"""What tests ask of our server, as its users do."""

from __future__ import annotations

import submarine


def submit(
    client: submarine.Client, name: str, command: list[str], cluster: str = "kube", **more: object
) -> submarine.Experiment:
    spec = {"name": name, "command": command, "placement": {"cluster": cluster}, **more}
    return client.experiments.submit(spec)
