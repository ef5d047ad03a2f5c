"""What jobs did, told by the jobs themselves and not by our records."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

_PROGRAM = """
import os, sys, time
path, name, seconds, lines, gate = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
def tell(word):
    with open(path, "ab", buffering=0) as file:
        file.write(f"{word} {name}\\n".encode())
tell("begin")
while gate and not os.path.exists(gate):
    time.sleep(0.05)
for n in range(lines):
    print(f"{name} line {n}", flush=True)
    time.sleep(seconds / lines)
tell("end")
"""


class Witness:
    """A file to which each job appends a line when it begins and one when it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def command(self, name: str, seconds: float, lines: int = 5, gate: Path | None = None) -> list[str]:
        """Return a command that takes *seconds* and prints *lines* lines, not before *gate* is there."""
        words = [str(self.path), name, str(seconds), str(lines), str(gate or "")]
        return [sys.executable, "-I", "-S", "-c", _PROGRAM, *words]

    def begun(self) -> Counter[str]:
        """Return how often each job began."""
        return self._count("begin")

    def ended(self) -> Counter[str]:
        """Return how often each job ended by itself."""
        return self._count("end")

    def _count(self, word: str) -> Counter[str]:
        lines = (line.split() for line in self.path.read_text().splitlines())
        return Counter(name for said, name in lines if said == word)
