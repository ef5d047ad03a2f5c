"""What is left to read when the training has ended."""

from __future__ import annotations

import os

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.server import Server
from submarine import Client
from submarine.entrypoints.sdk.values import Experiment


def print_summary(console: Console, client: Client, experiment: Experiment) -> None:
    """Print how it ended and what was recorded."""
    table = Table(title=f"experiment {experiment.name}", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("state", experiment.state)
    table.add_row("cluster", f"{experiment.cluster}, attempt {experiment.attempt}")
    if experiment.started_at and experiment.ended_at:
        table.add_row("ran for", f"{(experiment.ended_at - experiment.started_at).total_seconds():.1f} s")
    for replica in experiment.replicas:
        name, code = f"{replica.role}-{replica.index}", replica.exit_code
        table.add_row(name, replica.phase if code is None else f"{replica.phase}, exit code {code}")
    table.add_row("params", ", ".join(f"{key}={value}" for key, value in experiment.params.items()))
    for metric in client.experiments.metrics(experiment):
        seen = f"{metric.value:.5g}  (from {metric.min:.5g} to {metric.max:.5g}, {metric.count} values)"
        table.add_row(metric.key, seen)
    for artifact in client.experiments.artifacts.list(experiment):
        table.add_row("artifact", f"{artifact.path}, {artifact.size or 0:,} bytes")
    console.print(table)


def print_next_steps(console: Console, server: Server) -> None:
    """Print what to type next."""
    kept = os.path.relpath(server.folder)
    data = kept if server.keep else "my-submarine"
    state = f"its data is kept in {kept}" if server.keep else "its data removed"
    steps = [
        "source .venv/bin/activate",
        f"submarine server start --data {data}",
        "",
        "# in a second terminal",
        f"submarine login --url http://127.0.0.1:8080 --token - < {data}/admin-token",
        "submarine apply -f examples/digits/experiment.yaml",
        "submarine logs -f digits",
        "submarine explain digits",
    ]
    console.print(f"\nThe server is stopped and {state}. To go on with one of your own:\n")
    for step in steps:
        console.print(Text(f"  {step}".rstrip()), soft_wrap=True)
    console.print("\nRead on in docs/tutorial/first-experiment.md; `make test` runs the tests.")
