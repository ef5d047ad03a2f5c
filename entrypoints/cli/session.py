"""What every command shares: which server, as whom, and how patiently."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from submarine import Client

PATIENCE = 10.0
"""Seconds a command goes on asking a server that does not answer."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Session:
    """The global options of one command line."""

    context: str | None = None
    url: str | None = None
    _said: str = ""

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Yield a client; an error on the way is explained by the versions where they differ."""
        from submarine import Client
        from submarine.entrypoints.sdk.errors import ApiError

        with Client(self.url, None, self.context, retry_for=PATIENCE, notice=self.notice) as client:
            try:
                yield client
            except ApiError:
                self.warn_of_skew(client)
                raise

    def notice(self, sentence: str) -> None:
        """Say on stderr that a call is repeated, once for each outage."""
        if sentence != self._said:
            self._said = sentence
            click.echo(f"submarine: {sentence}", err=True)

    def warn_of_skew(self, client: Client) -> None:
        """Say on stderr if the server wants a newer client."""
        from submarine import Client
        from submarine.entrypoints.sdk.errors import ClientError
        from submarine.entrypoints.sdk.versions import skew

        try:
            with Client(client.connection.url, "-", timeout=2.0, retry_for=0.0) as asking:
                sentence = skew(asking.server_info())
        except ClientError:
            return
        if sentence:
            click.echo(f"Warning: {sentence}", err=True)


pass_session = click.make_pass_decorator(Session, ensure=True)


def yes_option(command: F) -> F:
    """Add ``-y`` to a command that asks first."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(command)


def project_option(command: F) -> F:
    """Add ``--project`` to a command."""
    return click.option("--project", metavar="REF", help="The project: name, team/name or id.")(command)
