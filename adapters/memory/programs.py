"""The little language in which a test says what a simulated process does.

``("simulate", STEP, …)``, where a step is one of::

    print=TEXT     writes a line            env=NAME       writes NAME=value
    spool=LINE     leaves a line behind     bye=TEXT       writes a line when told to end
    sleep=SECONDS  goes on later            ignore-term    only SIGKILL ends it
    serve=TEXT     answers HTTP with it     exit=CODE      ends

Without ``exit`` it runs until it is ended, and so does every other command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

COMMAND: Final = "simulate"


class Stage(Protocol):
    """What a program can do in its world."""

    env: Mapping[str, str]
    stubborn: bool
    goodbye: str | None

    def write(self, data: bytes) -> None:
        """Write to the log."""
        ...

    def leave(self, line: bytes) -> None:
        """Leave a line in the spool."""
        ...

    def exit(self, code: int) -> None:
        """End by itself."""
        ...

    def serve(self, body: bytes) -> None:
        """Answer every request with *body*."""
        ...

    def later(self, seconds: float, steps: Sequence[str]) -> None:
        """Play *steps* after *seconds*."""
        ...


def play(steps: Sequence[str], stage: Stage) -> None:
    """Do *steps* until one of them takes time."""
    for position, step in enumerate(steps):
        verb, _, what = step.partition("=")
        match verb:
            case "print":
                stage.write(f"{what}\n".encode())
            case "env":
                stage.write(f"{what}={stage.env.get(what, '')}\n".encode())
            case "spool":
                stage.leave(what.encode())
            case "bye":
                stage.goodbye = what
            case "ignore-term":
                stage.stubborn = True
            case "serve":
                stage.serve(what.encode())
            case "sleep":
                stage.later(float(what), steps[position + 1 :])
                return
            case "exit":
                stage.exit(int(what))
                return
            case _:
                stage.write(f"no such step: {step}\n".encode())
                stage.exit(127)
                return


async def answer(body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one HTTP request, whatever it asks, with *body*."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()
