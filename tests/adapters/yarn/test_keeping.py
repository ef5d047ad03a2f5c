"""Nothing of a container is left when its launcher has ended, however it or its keepers came to that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from submarine.contracts.faults.victims import kill, marked
from tests.end_to_end.patience import until

PATIENCE: Final = 60.0
HIDING: Final = """
import os, subprocess, sys, time
from submarine.adapters.yarn.launcher import keeping
def work():
    for _ in range(2):
        subprocess.run(["sh", "-c", 'env -i setsid sleep "600.$1" &', "sh", sys.argv[1]])
    while not os.path.exists(sys.argv[2]):
        time.sleep(0.01)
    return 7
sys.exit(keeping.guarded(work))
"""
FLEEING: Final = """
import os, sys, time
from submarine.adapters.yarn.launcher import kin
kin.adopt_orphans()
end = time.monotonic() + 60
if os.fork() == 0:
    os.setsid()
    while time.monotonic() < end:  # each hop has another pid
        if os.fork():
            os._exit(0)
        time.sleep(0.002)
    os._exit(0)
time.sleep(0.3)
kin.Kin("of nobody").kill()
sys.exit(0 if kin.childless() else 1)
"""
HEARING: Final = """
import os, signal, sys
from submarine.adapters.yarn.launcher import keeping
def work():
    open(sys.argv[2], "w").close()
    heard = [int(signal.sigtimedwait({signal.SIGTERM, signal.SIGQUIT}, 60).si_signo) for _ in range(2)]
    return sum(heard)
sys.exit(keeping.guarded(work))
"""
Launcher = subprocess.Popen[bytes]


class Container:
    """A launcher that runs one of the programs above; its word is on the command line of all it started."""

    def __init__(self, folder: Path) -> None:
        self.word = str(uuid.uuid4().int % 10**12)
        self.gate = folder / "gate"

    def start(self, program: str) -> Launcher:
        return subprocess.Popen(
            [sys.executable, "-c", program, self.word, str(self.gate)],
            env={**os.environ, "CONTAINER_ID": f"container_1_0001_01_{self.word}"},
            start_new_session=True,
        )

    def hidden(self) -> list[int]:
        return marked(f"600.{self.word}")

    def own(self) -> list[int]:
        """Return outer and inner keeper, and the launcher."""
        return marked(f"-c\0{HIDING}\0{self.word}")


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    made = Container(tmp_path)
    yield made
    kill(marked(made.word))


def test_what_hides_ends_with_what_started_it(container: Container) -> None:
    with container.start(HIDING) as launcher:
        until(lambda: len(container.hidden()) == 2, PATIENCE)
        container.gate.touch()
        assert launcher.wait(PATIENCE) == 7
        assert container.hidden() == []


@pytest.mark.parametrize("place", [0, 1, 2], ids=["outer", "inner", "launcher"])
def test_whoever_is_killed_nothing_is_left(container: Container, place: int) -> None:
    with container.start(HIDING) as launcher:
        until(lambda: len(container.hidden()) == 2, PATIENCE)
        assert len(container.own()) == 3
        kill([container.own()[place]])
        assert launcher.wait(PATIENCE) != 0
        until(lambda: not container.hidden() + container.own(), PATIENCE)


def test_nothing_is_left_where_yarn_kills_the_group(container: Container) -> None:
    with container.start(HIDING) as launcher:
        until(lambda: len(container.hidden()) == 2, PATIENCE)
        os.killpg(launcher.pid, signal.SIGKILL)
        until(lambda: not container.hidden() + container.own(), PATIENCE)


def test_the_launcher_hears_what_is_sent_to_the_process_that_yarn_knows(container: Container) -> None:
    with container.start(HEARING) as launcher:
        until(container.gate.exists, PATIENCE)
        launcher.send_signal(signal.SIGTERM)
        launcher.send_signal(signal.SIGQUIT)
        assert launcher.wait(PATIENCE) == signal.SIGTERM + signal.SIGQUIT


def test_who_forks_on_and_on_is_found(tmp_path: Path) -> None:
    fleeing = Container(tmp_path).start(FLEEING)
    assert fleeing.wait(PATIENCE) == 0
