"""Log lines that machines can read: JSON or key=value on stderr, with request id, without secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

from typing_extensions import override

from submarine.entrypoints.http.exchange import REQUEST_ID

Format = Literal["json", "text"]

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET: Final = re.compile(
    r"\b(sub|sjt)_[A-Za-z0-9_\-.~+/=]{4,}|(?i:(bearer|basic))\s+[A-Za-z0-9_\-.~+/=]{4,}"
)
_CREDENTIALS: Final = re.compile(r"(\w+://[^/\s:@]*):[^/\s@]+@")  # postgresql://user:password@host
_COMMANDING: Final = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@%+,\-{}*]+")


def redact(text: str) -> str:
    """Return *text* without tokens and passwords of URLs."""
    if "s" not in text:
        return text
    text = _SECRET.sub(lambda m: f"{m[1]}_***" if m[1] else f"{m[2]} ***", text)
    return _CREDENTIALS.sub(r"\1:***@", text)


def escaped(text: str) -> str:
    """Return *text* with what could command the terminal it is read on, or begin a line there, in letters.

    Of line breaks only the plain one stays: where it may stand, the caller knows.
    """
    return _COMMANDING.sub(lambda m: json.dumps(m[0])[1:-1], text)


class _Formatter(logging.Formatter):
    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        """Return what is worth saying of *record*, in order."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        found: dict[str, object] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            found["request_id"] = request_id
        found.update((key, value) for key, value in vars(record).items() if key not in _STANDARD)
        if record.exc_info:
            found["traceback"] = self.formatException(record.exc_info)
        return found


class JsonLines(_Formatter):
    """One JSON object a line."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return redact(escaped(json.dumps(self.fields(record), default=str, ensure_ascii=False)))


class KeyValues(_Formatter):
    """A line for people: time, level, message, then ``key=value``; a traceback below, set in by a bar."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = self.fields(record)
        head = f"{fields.pop('at')} {str(fields.pop('level')).upper():7} {fields.pop('message')}"
        traceback = fields.pop("traceback", None)
        tail = "".join(f" {key}={_value(value)}" for key, value in fields.items() if value != "")
        line = head.replace("\n", "\\n") + tail
        if traceback:  # its last line may hold line breaks of a stranger's
            line += "".join(f"\n  | {each}" for each in str(traceback).split("\n"))
        return redact(escaped(line))


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def configure_logs(level: str, layout: Format, stream: TextIO | None = None) -> None:
    """Send the log of the whole process to *stream* (stderr) in *layout*, from *level* up."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if layout == "json" else KeyValues())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.getLogger("asyncio").setLevel(logging.WARNING)
