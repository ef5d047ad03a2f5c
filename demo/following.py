"""Brings what happens to an experiment to a view: states, log lines, curves."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from queue import Empty, Queue
from typing import Final, Protocol

from submarine import Client, ClientError
from submarine.entrypoints.sdk.values import Experiment

CURVES: Final = ("loss", "accuracy")
PACE: Final = 0.4
POINTS: Final = 400


class View(Protocol):
    """Where it is shown."""

    def state(self, experiment: Experiment) -> None:
        """Show where the experiment is in its life."""

    def line(self, replica: str, text: str) -> None:
        """Show one line of a replica's log."""

    def curve(self, key: str, values: Sequence[float]) -> None:
        """Show all values of a metric so far."""

    def refresh(self) -> None:
        """Draw what changed."""


def follow(client: Client, experiment: Experiment, replicas: int, view: View) -> Experiment:
    """Show *experiment* in *view* until it has ended and its logs are whole; return how it ended."""
    lines: Queue[tuple[str, str]] = Queue()
    over = threading.Event()
    readers = [_reader(client, experiment, index, lines, over) for index in range(replicas)]
    try:
        return _show(client, experiment, readers, lines, view)
    finally:
        over.set()


def _show(
    client: Client,
    experiment: Experiment,
    readers: Sequence[threading.Thread],
    lines: Queue[tuple[str, str]],
    view: View,
) -> Experiment:
    while True:
        now = client.experiments.get(experiment.id)
        if now.ended:
            for reader in readers:
                reader.join(timeout=30)
        if not now.ended:
            view.state(now)
        for replica, text in _drain(lines):
            view.line(replica, text)
        if now.ended:  # the last line of a log comes before the word on how it ended
            view.state(now)
        for key in CURVES if now.started_at else ():
            view.curve(key, _values(client, now, key))
        view.refresh()
        if now.ended:
            return now
        time.sleep(PACE)


def _values(client: Client, experiment: Experiment, key: str) -> list[float]:
    from submarine import errors

    with contextlib.suppress(errors.NotFound):  # nothing recorded yet
        return [point.value for point in client.experiments.metric(experiment, key, max_points=POINTS)]
    return []


def _reader(
    client: Client, experiment: Experiment, index: int, lines: Queue[tuple[str, str]], over: threading.Event
) -> threading.Thread:
    """Start to read the log of one worker; the thread ends with the log, or when it cannot be read on.

    Whoever follows meets the same trouble and tells of it. Once that is *over* the client is closed under us.
    """

    def read() -> None:
        try:
            _read(client, experiment, index, lines)
        except ClientError:
            return
        except Exception:
            if not over.is_set():
                raise

    thread = threading.Thread(target=read, name=f"log-{index}", daemon=True)
    thread.start()
    return thread


def _read(client: Client, experiment: Experiment, index: int, lines: Queue[tuple[str, str]]) -> None:
    begun = b""
    for chunk in client.experiments.logs(experiment, index=index, follow=True):
        *whole, begun = (begun + chunk).split(b"\n")
        for line in whole:
            lines.put((f"worker-{index}", line.decode(errors="replace")))
    if begun:
        lines.put((f"worker-{index}", begun.decode(errors="replace")))


def _drain(lines: Queue[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(Empty):
        while True:
            yield lines.get_nowait()
