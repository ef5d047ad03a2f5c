"""Server-sent events, parsed from any pieces of text.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """One event: its ``event`` name, its ``data`` and the last id seen so far."""

    event: str
    data: str
    id: str | None


@dataclass(slots=True)
class EventStream:
    """Feed it bytes as they come; it yields the events that are complete."""

    last_id: str | None = None
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )
    _rest: str = ""
    _event: str = ""
    _data: list[str] = field(default_factory=list)
    _id: str | None = None

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """Yield each event that *chunk* completes."""
        lines = (self._rest + self._decoder.decode(chunk)).split("\n")
        self._rest = lines.pop()
        for line in lines:
            if text := line.removesuffix("\r"):
                self._take(text)
            elif (message := self._dispatch()) is not None:
                yield message

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self) -> Message | None:
        # Only a whole event moves the id: half an event must be asked for again.
        self.last_id = self._id or self.last_id
        event, data = self._event, "\n".join(self._data)
        self._event, self._data = "", []
        return Message(event or "message", data, self.last_id) if data or event else None
