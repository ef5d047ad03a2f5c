"""The sidecar prints what is spooled, each whole line once, also if it begins too late to hear the end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from submarine.adapters.kubernetes.pod import spooler


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", spooler.__name__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_what_was_spooled_before_it_began_is_printed_at_once(tmp_path: Path) -> None:
    """Its SIGTERM was lost, so none comes: it is killed."""
    (tmp_path / "a.jsonl").write_bytes(b'{"n": 1}\n{"n": 2}\n{"half')
    (tmp_path / "other").write_bytes(b"not ours\n")
    with running(tmp_path) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == [b'{"n": 1}\n', b'{"n": 2}\n']


def test_what_comes_later_is_printed_when_the_command_has_ended(tmp_path: Path) -> None:
    """And nothing twice; a line that was half there comes whole."""
    (tmp_path / "a.jsonl").write_bytes(b'{"n": 1}\n{"n"')
    with running(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b'{"n": 1}\n'
        with (tmp_path / "a.jsonl").open("ab") as file:
            file.write(b": 2}\n")
        (tmp_path / "b.jsonl").write_bytes(b'{"n": 3}\n{')
        process.terminate()
        assert process.stdout.read() == b'{"n": 2}\n{"n": 3}\n'
        assert process.wait(60) == 0
