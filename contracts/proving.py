"""Runs the kit of one installed adapter or policy, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from submarine.contracts.reporter import DESCRIPTOR

KITS: Final[Mapping[str, tuple[str, str, str]]] = {
    "runtime": ("submarine.contracts.runtime", "RuntimeContract", "adapter"),
    "object-store": ("submarine.contracts.object_store", "ObjectStoreContract", "adapter"),
    "records": ("submarine.contracts.records", "RecordsContract", "adapter"),
    "identity": ("submarine.contracts.identity", "IdentityContract", "adapter"),
    "policy": ("submarine.contracts.placement", "PlacementContract", "policy"),
}
"""Of each kind of offer: the module and class of its kit, and the attribute that takes the name."""

RANK: Final = ("kept", "not-applicable", "waived", "broken")
"""Outcomes, the worst last."""

_SUITE: Final = """
import json
from pathlib import Path

import pytest
from submarine.contracts.faults.addresses import address_of, through
from {module} import {kit}


class TestInstalled({kit}):
    {attribute} = {name!r}

    @pytest.fixture
    def written(self, tmp_path):
        options = json.loads(Path(__file__).with_name("options.json").read_text())
        for name in {scratch!r}:
            options.setdefault(name, str(tmp_path / name))
        return options

    @pytest.fixture
    def options(self, written):
        return written
"""

_LINK: Final = """
    @pytest.fixture
    def backend(self, written):
        return address_of(written[{link!r}])

    @pytest.fixture
    def options(self, written, link):
        return {{**written, {link!r}: through(written[{link!r}], link)}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How one promise fared; ``outcome`` is one of `RANK`, ``detail`` says why it is not kept."""

    promise: str
    sentence: str
    outcome: str
    detail: str
    seconds: float


class Proof:
    """A run of a kit; iterate over it once."""

    def __init__(self, lines: Iterable[str], process: subprocess.Popen[bytes], said: Path) -> None:
        self._lines = lines
        self._process = process
        self._said = said
        self.total = 0

    def __iter__(self) -> Iterator[Tried]:
        """Yield each promise as it is tried; what is tried with several parameters comes several times.

        A run that does not come to its end breaks the promise that was tried then, and never looks whole.
        """
        trying, ended = "", False
        for line in self._lines:
            found: dict[str, Any] = json.loads(line)
            if "promise" in found:
                yield Tried(**found)
                continue
            self.total = found.get("total", self.total)
            trying = found.get("trying", trying)
            ended = ended or "ended" in found
        code = self._process.wait()
        if trying and not ended:
            detail = f"the process that tried it ended too early, {_how(code)}; nothing after it was tried"
            yield Tried(promise=trying, sentence="", outcome="broken", detail=detail, seconds=0.0)

    @property
    def said(self) -> str:
        """Return what pytest itself has written so far."""
        return self._said.read_text(encoding="utf-8", errors="replace")


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


@contextmanager
def prove(
    kind: str,
    name: str,
    options: Mapping[str, object],
    *,
    scratch: tuple[str, ...] = (),
    only: str = "",
    link: str = "",
) -> Iterator[Proof]:
    """Start the kit for *name* of *kind* with *options*; on leaving it is stopped.

    Options named in *scratch* that are not given get a new path for each promise. *only* is pytest's
    ``-k``. *link* names the option that says where the backend is; a link that breaks is put there. The
    options, which may hold secrets, are in a file that only this user can read.
    """
    module, kit, attribute = KITS[kind]
    with tempfile.TemporaryDirectory(prefix="submarine-proof-") as folder:
        place = Path(folder)
        (place / "pytest.ini").write_text(
            "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        )
        (place / "options.json").write_text(json.dumps(dict(options)))
        suite = place / "test_installed.py"
        source = _SUITE + (_LINK if link else "")
        suite.write_text(
            source.format(module=module, kit=kit, attribute=attribute, name=name, scratch=scratch, link=link)
        )
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"]
        command += ["-p", "submarine.contracts.reporter", "--basetemp", str(place / "scratch")]
        said = place / "said"
        with said.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - pytest, by this very interpreter
                [*command, *(["-k", only] if only else []), str(suite)],
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, DESCRIPTOR: str(writing)},
                pass_fds=[writing],
            )
        os.close(writing)
        try:
            with os.fdopen(reading, encoding="utf-8") as lines:
                yield Proof(lines, process, said)
        finally:
            process.terminate()
            process.wait()
