"""Reads a page as its reader would: the commands to type, what they print, and the files to write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FENCE: Final = re.compile(
    r'^(?P<indent> *)```(?P<language>\w+)(?: +title="(?P<title>[^"]*)")?\n(?P<body>.*?)^(?P=indent)```$',
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its title, its text and the line it begins at."""

    language: str
    title: str
    body: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a console block and what it is said to print; ``…`` stands for anything."""

    command: str
    output: str
    line: int

    def fits(self, printed: str) -> bool:
        """Tell whether *printed* is what the page says; trailing blanks do not count."""
        if not self.output:
            return True
        lines = [line.rstrip() for line in self.output.rstrip().splitlines()]
        more = lines[-1] == "…" and lines.pop()
        pattern = "\n".join(
            r"(?:.*\n)*?.*" if line == "…" else r"[^\n]*?".join(map(re.escape, line.split("…")))
            for line in lines
        )
        if more:
            pattern += r"(?:\n.*)*" if lines else r"(?:.*\n?)*"
        told = "\n".join(line.rstrip() for line in printed.rstrip().splitlines())
        return re.fullmatch(pattern, told) is not None


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of *page*, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["language"],
            found["title"] or "",
            re.sub(rf"^{found['indent']}", "", found["body"], flags=re.MULTILINE),
            text[: found.start()].count("\n") + 1,
        )
        for found in _FENCE.finditer(text)
    ]


def steps(block: Block) -> list[Step]:
    """Return the commands of a console block, lines after ``$``; a backslash at the end goes on."""
    found: list[Step] = []
    going_on = False
    for number, line in enumerate(block.body.splitlines(), start=block.line + 1):
        if going_on:
            found[-1] = Step(f"{found[-1].command}\n{line}", "", found[-1].line)
        elif line.startswith("$ "):
            found.append(Step(line[2:], "", number))
        elif found:
            found[-1] = Step(found[-1].command, f"{found[-1].output}{line}\n", found[-1].line)
        going_on = line.endswith("\\") and (going_on or line.startswith("$ "))
    return found
