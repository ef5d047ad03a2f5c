"""The demo's spec, unchanged, on a cluster and on one machine: it must learn the same."""

from __future__ import annotations

import io
import re
from typing import Final

import numpy as np
import pytest
import yaml

import submarine
from tests.end_to_end.patience import ended
from tests.wheels import ROOT

SPEC: Final = ROOT / "examples" / "digits" / "experiment.yaml"
LEARNED: Final = ("loss", "test_loss", "accuracy")
EPOCHS: Final = 80
ROUNDING: Final = 1e-6
"""What another numpy may add up in another order."""
PATIENCE: Final = 400.0


def train(client: submarine.Client, cluster: str) -> submarine.Experiment:
    """Run the demo's spec on *cluster*, and return what came of it."""
    return train_on(client, cluster)[0]


def train_on(client: submarine.Client, *clusters: str) -> list[submarine.Experiment]:
    """Run the demo's spec on each of *clusters*, all at once, and return what came of them."""
    spec = yaml.safe_load(SPEC.read_text())
    begun = [
        client.experiments.submit(
            {**spec, "name": f"{spec['name']}-{cluster}", "placement": {"cluster": cluster}}, base=SPEC.parent
        )
        for cluster in clusters
    ]
    trained = [ended(client, each.id, len(clusters) * PATIENCE) for each in begun]
    for each in trained:
        assert each.state == "succeeded", client.experiments.explain(each)
    return trained


def learned_the_same(
    client: submarine.Client, trained: submarine.Experiment, local: submarine.Experiment
) -> submarine.Artifact:
    """See that *trained* has the parameters, metrics, output and artifact of *local*; return the artifact."""
    assert {(r.role, r.index, r.exit_code) for r in trained.replicas} == {("worker", 0, 0), ("worker", 1, 0)}
    assert trained.params == local.params
    for key in LEARNED:
        (steps, values), (same_steps, same_values) = (
            _series(client, experiment, key) for experiment in (trained, local)
        )
        assert steps == same_steps == list(range(1, EPOCHS + 1))
        assert values == pytest.approx(same_values, rel=ROUNDING)
    for index in (0, 1):
        assert _said(client, trained, index) == _said(client, local, index)
    (artifact,) = client.experiments.artifacts.list(trained)
    with np.load(io.BytesIO(client.experiments.artifacts.read(trained, artifact.path))) as network:
        assert network["second"].shape == (1024, 10)
    return artifact


def _series(
    client: submarine.Client, experiment: submarine.Experiment, key: str
) -> tuple[list[int | None], list[float]]:
    points = sorted(client.experiments.metric(experiment, key), key=lambda point: point.step or 0)
    return [point.step for point in points], [point.value for point in points]


def _said(client: submarine.Client, experiment: submarine.Experiment, index: int) -> list[str]:
    """Return what a worker printed, without how fast it was, and how slow our server at times."""
    log = b"".join(client.experiments.logs(experiment, role="worker", index=index)).decode()
    lines = [line for line in log.splitlines() if not line.startswith("submarine: the server is away")]
    return [re.sub(r"  [\d,]+/s$", "", line) for line in lines]
