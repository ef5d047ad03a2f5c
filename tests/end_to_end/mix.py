"""What chaos runs: jobs of many kinds, drawn by a seed, that tell a witness what they do."""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["plain", "metrics", "cancelled", "retried"]

_WEIGHTS: Final[dict[Kind, int]] = {"plain": 45, "metrics": 25, "cancelled": 15, "retried": 15}
LINES: Final = 5
STEPS: Final = 40

_TELLS: Final = """
import os, sys, time
witness, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
attempt = os.environ["SUBMARINE_ATTEMPT"]
def tell(word):
    with open(witness, "ab", buffering=0) as file:
        file.write(f"{word} {name}.{attempt}\\n".encode())
def say(line):  # a program that looks whether its writes succeed, as one does where disks are full
    data = f"{line}\\n".encode()
    while data:
        try:
            data = data[os.write(1, data):]
        except OSError:
            time.sleep(0.1)
tell("begin")
"""
_PLAIN: Final = (
    _TELLS
    + f"""
for n in range({LINES}):
    say(f"{{name}} line {{n}}")
    time.sleep(seconds / {LINES})
tell("end")
"""
)
_METRICS: Final = (
    _TELLS
    + f"""
import fcntl, submarine
for step in range({STEPS}):
    if step % ({STEPS} // {LINES}) == 0:
        say(f"{{name}} line {{step // ({STEPS} // {LINES})}}")
    submarine.log_metric("loss", 1 / (step + 1), step=step)
    time.sleep(seconds / {STEPS})
# While this is held nobody fills the disk: what is recorded now can be spooled, whoever is away.
fcntl.flock(os.open(sys.argv[4], os.O_RDONLY), fcntl.LOCK_SH)
tell("end")
"""
)


@dataclass(frozen=True, slots=True)
class Task:
    """One job of the mix: everything about it follows from the seed and its name."""

    name: str
    kind: Kind
    seconds: float
    pause: float
    """How long its client waits before it hands it in."""

    @classmethod
    def drawn(cls, seed: int, name: str) -> Task:
        """Draw the task *name* of *seed*."""
        dice = random.Random(f"{seed} {name}")
        kind: Kind = dice.choices([*_WEIGHTS], [*_WEIGHTS.values()])[0]
        seconds = 600.0 if kind == "cancelled" else dice.uniform(0.0, 3.0)
        return cls(name, kind, seconds, dice.uniform(0.0, 1.5))

    @property
    def log(self) -> str:
        """What it prints if it comes to its end."""
        return "".join(f"{self.name} line {n}\n" for n in range(LINES))

    def spec(self, witness: Path, lock: Path) -> dict[str, Any]:
        """Return what is submitted."""
        words = [str(witness), self.name, str(self.seconds), str(lock)]
        program = _METRICS if self.kind == "metrics" else _PLAIN
        flags = [] if self.kind == "metrics" else ["-I", "-S"]
        spec: dict[str, Any] = {"name": self.name, "grace": "1s"}
        if self.kind == "retried":
            spec["retry"] = {"limit": 10, "on": ["lost"]}
        return {**spec, "command": [sys.executable, *flags, "-c", program, *words]}


def told(witness: Path, word: str) -> Counter[tuple[str, int]]:
    """Return how often each attempt said *word* (``begin``, ``end``)."""
    lines = (line.split() for line in witness.read_text().splitlines())
    names = (name.rpartition(".") for said, name in lines if said == word)
    return Counter((name, int(attempt)) for name, _, attempt in names)
