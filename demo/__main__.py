"""Watch a training run from start to end: ``make demo``."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path
from typing import Final, Never

import yaml
from rich.console import Console

from demo.following import follow
from demo.server import DemoError, Server
from demo.summary import print_next_steps, print_summary
from demo.views import LiveView, PlainView
from submarine import Client, ClientError

ROOT: Final = Path(__file__).resolve().parents[1]
SPEC: Final = ROOT / "examples/digits/experiment.yaml"


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--epochs", type=int, help="rounds through the data; the spec's by default")
    parser.add_argument(
        "--data", type=Path, default=ROOT / ".demo", help="the server's folder; it is emptied"
    )
    parser.add_argument("--keep", action="store_true", help="leave the server's data for a look around")
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo", help="where the data is put meanwhile")
    return parser.parse_args(words)


def run(options: argparse.Namespace, console: Console) -> int:
    """Play the demo; return the exit code."""
    spec = yaml.safe_load(SPEC.read_text())
    if options.epochs:
        spec["params"]["epochs"] = options.epochs
    replicas, epochs = spec["roles"]["worker"]["replicas"], spec["params"]["epochs"]
    with Server(options.folder, keep=options.keep) as server:
        console.print(f"The server is up at {server.url}, with SQLite and the local runtime.")
        with Client(server.url, server.token) as client:
            experiment = client.experiments.submit(spec, base=SPEC.parent)
            console.print(f"Submitted {SPEC.relative_to(ROOT)} as {experiment.name}: {replicas} workers.\n")
            view = LiveView(console, epochs) if console.is_terminal else PlainView(console, epochs)
            try:
                with view:
                    ended = follow(client, experiment, replicas, view)
            except BaseException:
                _cancel(client, experiment.id)
                raise
            print_summary(console, client, ended)
    print_next_steps(console, server)
    return 0 if ended.state == "succeeded" else 1


def _cancel(client: Client, experiment: str) -> None:
    """Leave nothing running behind."""
    with contextlib.suppress(ClientError):
        client.experiments.cancel(experiment)
        client.experiments.wait(experiment, timeout=15)


def _interrupt(*_: object) -> Never:
    raise KeyboardInterrupt


def main() -> int:
    """Return 0 if the training succeeded, 1 if not, 130 after Ctrl-C."""
    console = Console(highlight=False)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(parse(), console)
    except KeyboardInterrupt:
        console.print("\nStopped; nothing is left running.")
        return 130
    except (DemoError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
