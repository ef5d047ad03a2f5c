"""Where the text of a job goes: a file gets its bytes, a terminal only what cannot command it."""

from __future__ import annotations

import codecs
import re
import sys
from typing import Final

from submarine.entrypoints.cli.screen import is_terminal

_HARMLESS: Final = r"\x1b\[[0-9;:]{0,40}[mK]"  # colours, and the rest of the line erased
_BEGUN: Final = re.compile(r"\x1b(?:\[[0-9;:]{0,40})?\Z")
_COMMANDING: Final = re.compile(
    rf"({_HARMLESS})"
    r"|[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


class LogOutput:
    """Copies one log to stdout, as it comes.

    On a terminal, colours and carriage returns stay, so that progress bars look as they do at home. Whatever
    else would set the title, fill the clipboard, move about on the screen or turn text around is shown as the
    replacement character: the log may be another's.
    """

    def __init__(self) -> None:
        self._screen = is_terminal()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._coloured = False

    def write(self, chunk: bytes) -> None:
        """Show *chunk* now, but for the beginning of a sequence that may yet turn out harmless."""
        if not self._screen:
            self._put(chunk)
            return
        text = self._held + self._decoder.decode(chunk)
        begun = _BEGUN.search(text)
        self._held = begun[0] if begun else ""
        self._show(text[: begun.start()] if begun else text)

    def close(self) -> None:
        """Show what was held back, and give the terminal its own colours again."""
        if self._screen:
            self._show(self._held + self._decoder.decode(b"", final=True))
            self._held = ""
            if self._coloured:
                self._put(b"\x1b[0m")

    def _show(self, text: str) -> None:
        calm = _COMMANDING.sub(self._calm, text)
        self._put(calm.encode())

    def _calm(self, found: re.Match[str]) -> str:
        if found[1] is None:
            return "\N{REPLACEMENT CHARACTER}"
        self._coloured = True
        return found[1]

    @staticmethod
    def _put(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
