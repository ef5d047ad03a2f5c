"""The server's own log: a line is a line, and no name in it commands the terminal of whoever reads it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest

from submarine.entrypoints.http.structured_logs import Format, configure_logs

EVIL = "a\x1b]0;title\x07\r\n2026-01-01T00:00:00.000Z ERROR forged\x9b2J\u2028\u202e\x7f"
HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]")


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before, level


@pytest.mark.parametrize("layout", ["text", "json"])
def test_no_text_of_a_stranger_forges_a_line_or_commands_a_terminal(layout: Format) -> None:
    stream = io.StringIO()
    configure_logs("info", layout, stream)
    log = logging.getLogger("submarine.test")
    log.warning("the job %s failed", EVIL, extra={"job": EVIL})
    error = ValueError(EVIL)
    log.error("it broke", exc_info=error)
    said = stream.getvalue()
    assert HARMFUL.search(said) is None, repr(said)
    lines = said.splitlines()
    assert not [line for line in lines if line.startswith("2026-01-01")]
    if layout == "json":
        assert [json.loads(line)["level"] for line in lines] == ["warning", "error"]
        assert json.loads(lines[0])["job"] == EVIL
        assert EVIL in json.loads(lines[1])["traceback"]
    else:
        assert all(line.startswith("  | ") for line in lines[2:]), "a traceback is set in"
        assert len(lines) > 3
