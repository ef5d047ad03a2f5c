"""Following the logs of an experiment on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from submarine.entrypoints.cli.exits import Exit, exit_of
from submarine.entrypoints.cli.log_output import LogOutput
from submarine.entrypoints.cli.progress import following, say_end
from submarine.entrypoints.sdk.errors import ClientError

if TYPE_CHECKING:
    from submarine import Client, Experiment
    from submarine.entrypoints.sdk.values import Replica


_TOGETHER = 64
"""Replicas whose logs are shown at once: each holds a connection."""


def tail(client: Client, experiment: Experiment, *, everyone: bool = False, **where: Any) -> Exit:
    """Copy the log to stdout until the experiment has ended; return the exit code of its end."""
    with following(experiment.name):
        if everyone:
            all_replicas(client, experiment, follow=True, **where)
        else:
            copy(client.experiments.logs(experiment, follow=True, **where))
        now = client.experiments.get(experiment.id)
    if now.ended:
        say_end(now)
    return exit_of(now.state) if now.ended else Exit.OK


def copy(chunks: Iterable[bytes]) -> None:
    """Put *chunks* on stdout, each as soon as it comes."""
    with closing(LogOutput()) as output:
        for chunk in chunks:
            output.write(chunk)


def all_replicas(client: Client, experiment: Experiment, *, follow: bool, **where: Any) -> None:
    """Copy the logs of all replicas, each line with its replica before it."""
    replicas = _replicas(client, experiment, follow)
    if len(replicas) > _TOGETHER:
        raise ClientError(
            f"{experiment.name} has {len(replicas)} replicas, more than {_TOGETHER} to show together",
            "Name one with --role and --index.",
        )
    names = [f"{r.role}-{r.index}" for r in replicas]
    longest = max((len(n) for n in names), default=0)
    lock, failures = threading.Lock(), list[BaseException]()

    def copy_lines(replica: Replica, prefix: bytes) -> None:
        try:
            chunks = client.experiments.logs(
                experiment, role=replica.role, index=replica.index, follow=follow, **where
            )
            for line in whole_lines(chunks):
                with lock, closing(LogOutput()) as output:
                    output.write(prefix + line)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    threads = [
        threading.Thread(target=copy_lines, args=(r, f"{n:<{longest}} | ".encode()), daemon=True)
        for r, n in zip(replicas, names, strict=True)
    ]
    _run(threads, together=follow)
    if failures:
        raise failures[0]


def _run(threads: list[threading.Thread], *, together: bool) -> None:
    """Run *threads*, all at once or one after the other, hearing Ctrl-C meanwhile."""
    for thread in threads:
        thread.start()
        while not together and thread.is_alive():
            thread.join(0.2)
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)


def _replicas(client: Client, experiment: Experiment, follow: bool) -> list[Replica]:
    """Return the replicas, waiting for them to be known if the log is to be followed."""
    import time

    while True:
        now = client.experiments.get(experiment.id, fields=["id", "state", "replicas"])
        if now.replicas or now.ended or not follow:
            return now.replicas
        time.sleep(0.5)


def whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield *chunks* line by line; a last line without an end gets one."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest + b"\n"
