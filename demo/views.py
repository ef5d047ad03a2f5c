"""Two ways to show a training: a screen that moves, and plain lines for a pipe."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from demo.chart import chart
from submarine.entrypoints.sdk.values import Experiment

TAIL: Final = 6
HEIGHT: Final = 8
WIDEST: Final = 70


class PlainView:
    """One line for each thing that happens."""

    def __init__(self, console: Console, epochs: int) -> None:
        self._console = console
        self._epochs = epochs
        self._seen = ""
        self._curves: dict[str, Sequence[float]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        width = min(self._console.width, WIDEST)
        for key, values in self._curves.items():
            drawn = chart(key, values, width=width, height=HEIGHT, until=self._epochs)
            self._console.print(Text(drawn), end="\n\n")

    def state(self, experiment: Experiment) -> None:
        """Print a state when it is new."""
        if (told := told_state(experiment)) != self._seen:
            self._seen = told
            self._console.print(Text(f"state    | {told}"), soft_wrap=True)

    def line(self, replica: str, text: str) -> None:
        """Print a line of a log."""
        self._console.print(Text(f"{replica} | {text}"), soft_wrap=True)

    def curve(self, key: str, values: Sequence[float]) -> None:
        """Keep a curve for the end."""
        self._curves[key] = values

    def refresh(self) -> None:
        """Do nothing: all is printed."""


class LiveView:
    """A progress bar, two charts and the last lines of the logs."""

    def __init__(self, console: Console, epochs: int) -> None:
        self._console = console
        self._epochs = epochs
        self._told = ""
        self._curves: dict[str, Sequence[float]] = {}
        self._tail: deque[Text] = deque(maxlen=TAIL)
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("epochs"),
            TimeElapsedColumn(),
            console=console,
            expand=True,
        )
        self._task = self._progress.add_task("training", total=epochs)
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def state(self, experiment: Experiment) -> None:
        """Show a state above the bar."""
        self._told = told_state(experiment)

    def line(self, replica: str, text: str) -> None:
        """Show a line among the last ones."""
        self._tail.append(Text.assemble((replica, "cyan"), " ", text))

    def curve(self, key: str, values: Sequence[float]) -> None:
        """Show a curve, and how far it goes."""
        self._curves[key] = values
        self._progress.update(self._task, completed=max(len(v) for v in self._curves.values()))

    def refresh(self) -> None:
        """Draw it all."""
        self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        width = min((self._console.width - 4) // 2, WIDEST)
        charts: list[RenderableType] = [
            Text(chart(key, values, width=width, height=HEIGHT, until=self._epochs), style=style)
            for (key, values), style in zip(self._curves.items(), ("green", "magenta"), strict=False)
        ]
        return Group(
            Text(self._told, style="bold"),
            self._progress,
            Columns(charts, padding=(0, 2)),
            Panel(Group(*self._tail), title="logs", title_align="left", height=TAIL + 2),
        )


def told_state(experiment: Experiment) -> str:
    """Return a state in one line, with what the server says about it."""
    why = experiment.message or experiment.reason or ""
    return f"{experiment.state}: {why}" if why else experiment.state
