"""What is left to read when the training has ended."""

from __future__ import annotations

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
        seen = f"{metric.value:.4f}  (from {metric.min:.4f} to {metric.max:.4f}, {metric.count} values)"
        table.add_row(metric.key, seen)
    for artifact in client.experiments.artifacts.list(experiment):
        table.add_row("artifact", f"{artifact.path}, {artifact.size or 0:,} bytes")
    console.print(table)


def print_next_steps(console: Console, server: Server) -> None:
    """Print what to type next."""
    if server.keep:
        console.print("\nThe server is stopped and its data is kept. Start it again, and look around:")
    else:
        console.print(
            "\nAll that was started is stopped, and its data removed. To have a server of your own:"
        )
    data = str(server.folder) if server.keep else "my-submarine"
    steps = [
        "source .venv/bin/activate",
        f"submarine server start --data {data}",
        "submarine login            # in a second terminal; the URL and the token are printed by the first",
        "submarine apply -f examples/digits/experiment.yaml --wait",
        "submarine logs -f digits",
        "submarine explain digits",
    ]
    console.print(Text("\n".join(f"  {step}" for step in steps)))
    console.print("\nRead on: docs/tutorial/first-experiment.md; `make test` runs the tests.")
