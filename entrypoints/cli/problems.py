"""Errors as people want them: what happened, what to do next, and never a traceback."""

from __future__ import annotations

import os
import sys

import click

from submarine.entrypoints.cli.exits import Exit
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.sdk.errors import (
    ApiError,
    ClientError,
    Conflict,
    FieldError,
    Forbidden,
    NotFound,
    ServerFault,
    SpecError,
    Unauthenticated,
    WaitTimeout,
)


class Interrupted(Exception):  # noqa: N818 - it is no error
    """Ctrl-C while following something that goes on without us."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Ended(Exception):  # noqa: N818 - it is no error
    """The command is over with *code*, and everything has been said."""

    def __init__(self, code: Exit) -> None:
        super().__init__(code)
        self.code = code


def report(error: BaseException) -> Exit:
    """Tell *error* on stderr and return the exit code for it."""
    if os.environ.get("SUBMARINE_DEBUG") and not isinstance(error, Ended):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, Ended):
        return error.code
    if isinstance(error, click.UsageError):
        error.show()
        return Exit.USAGE
    if isinstance(error, click.ClickException):
        error.show()
        return Exit.ERROR
    if isinstance(error, Interrupted):
        return _left_running(error.name)
    if isinstance(error, click.Abort | KeyboardInterrupt | EOFError):
        return _say("interrupted", code=Exit.INTERRUPTED)
    if isinstance(error, ClientError):
        tell(error)
        return code_of(error)
    if isinstance(error, OSError):
        return _say(f"{error.filename or 'the system'}: {error.strerror or error}", code=Exit.ERROR)
    return _say(
        f"this should not happen ({type(error).__name__}: {error})",
        "Set SUBMARINE_DEBUG=1 to see where, and report it.",
    )


def code_of(error: ClientError) -> Exit:
    """Return the exit code for an error of the SDK."""
    if isinstance(error, Unauthenticated | Forbidden):
        return Exit.NOT_ALLOWED
    if isinstance(error, Conflict):
        return Exit.CONFLICT
    if isinstance(error, WaitTimeout):
        return Exit.STILL_RUNNING
    return Exit.ERROR


def followed(error: ClientError) -> ClientError | Ended:
    """Return *error* as it counts while following: a thing that is gone has a code of its own."""
    if isinstance(error, NotFound):
        tell(error)
        return Ended(Exit.NOT_FOUND)
    return error


def tell(error: ClientError) -> None:
    """Write *error* to stderr: the sentence, the fields, the next step."""
    lines = [f"Error: {error.message}"]
    if isinstance(error, ApiError):
        lines += [f"  {_detail(e, error.message)}" for e in error.errors if str(e) != error.message]
    if error.next_step:
        lines.append(f"Next step: {error.next_step}")
    if isinstance(error, ServerFault | SpecError) and getattr(error, "request_id", None):
        lines.append(f"Request id: {getattr(error, 'request_id', '')}")
    for line in lines:
        click.echo(printable(line), err=True)


def _detail(fault: FieldError, message: str) -> str:
    """Return what *fault* adds to the sentence before it."""
    if fault.expected and message == f"{fault.field}: {fault.reason}":
        return f"expected: {fault.expected}"
    return str(fault)


def _say(sentence: str, next_step: str = "", code: Exit = Exit.ERROR) -> Exit:
    click.echo(f"Error: {printable(sentence)}", err=True)
    if next_step:
        click.echo(f"Next step: {next_step}", err=True)
    return code


def _left_running(name: str) -> Exit:
    sys.stdout.flush()
    click.echo(
        f"\n{printable(name)} goes on without you.\n"
        f"  follow it:  submarine logs -f {name}\n"
        f"  stop it:    submarine experiment cancel {name}",
        err=True,
    )
    return Exit.INTERRUPTED
