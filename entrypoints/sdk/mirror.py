"""Makes the blocking client from the asynchronous one: ``python -m submarine.entrypoints.sdk.mirror``.

Each module of ``aio`` but `concurrency` becomes one of ``sync`` by replacing words, so that the two
cannot drift apart; a test holds them to it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
BY_HAND: Final = frozenset({"__init__.py", "concurrency.py"})
_WORDS: Final = (
    (r"submarine\.entrypoints\.sdk\.aio", "submarine.entrypoints.sdk.sync"),
    (r"\basync with\b", "with"),
    (r"\basync for\b", "for"),
    (r"\basync def\b", "def"),
    (r"\bawait ", ""),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\bhttpx\.AsyncClient\b", "httpx.Client"),
    (r"\ba(read|close|iter_bytes)\b", r"\1"),
    (r"\baclosing\b", "closing"),
    (r"__a(enter|exit|iter|next)__", r"__\1__"),
)


def mirrored(source: str) -> str:
    """Return the blocking counterpart of *source*."""
    for pattern, replacement in _WORDS:
        source = re.sub(pattern, replacement, source)
    return source


_HEADER: Final = """# Made from aio/{name} by mirror.py: edit it there.
# fmt: off
# ruff: noqa: E501, I001, RUF100, SIM117, UP028
"""


def pairs() -> dict[Path, str]:
    """Return the text that each module of ``sync`` must have."""
    return {
        HERE / "sync" / path.name: _HEADER.format(name=path.name) + mirrored(path.read_text())
        for path in sorted((HERE / "aio").glob("*.py"))
        if path.name not in BY_HAND
    }


if __name__ == "__main__":
    for target, text in pairs().items():
        target.write_text(text)
