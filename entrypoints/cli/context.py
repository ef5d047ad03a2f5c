"""``submarine context``: the servers this user knows."""

from __future__ import annotations

from dataclasses import asdict, replace

import click

from submarine.entrypoints.cli.asking import confirmed
from submarine.entrypoints.cli.columns import CONTEXTS
from submarine.entrypoints.cli.login import require_context
from submarine.entrypoints.cli.output import output_option, pairs, show_many, show_one
from submarine.entrypoints.cli.session import Session, pass_session, yes_option
from submarine.entrypoints.sdk import contexts
from submarine.entrypoints.sdk.connection import resolve
from submarine.entrypoints.sdk.contexts import Context


@click.group()
def context() -> None:
    """Choose between servers.

    Contexts are in $XDG_CONFIG_HOME/submarine/config.toml. SUBMARINE_URL, SUBMARINE_TOKEN and
    SUBMARINE_CONTEXT in the environment win over the file, options win over both.
    """


@context.command("list")
@output_option(many=True)
def list_(output: str) -> None:
    """List the contexts; the current one has a star."""
    stored = contexts.load()
    rows = [
        {"current": "*" if n == stored.current else " ", **_shown(n, c)} for n, c in stored.by_name.items()
    ]
    show_many(rows, CONTEXTS, output, empty="No context yet: `submarine login --url URL` makes one.")


@context.command()
@click.argument("name")
def use(name: str) -> None:
    """Make NAME the current context."""
    require_context(name)
    with contexts.editing() as box:
        box[0] = box[0].using(name)
    click.echo(f"Now using {name}.")


@context.command()
@click.option("--origin", is_flag=True, help="Say where each setting comes from.")
@output_option()
@pass_session
def show(session: Session, origin: bool, output: str) -> None:
    """Show what is in force: server, user's token (not in clear), project."""
    found = resolve(session.url, None, session.context)
    values = {
        "context": found.context,
        "url": found.url,
        "token": _masked(found.token),
        "project": found.project,
    }
    if output != "table":
        origins = {"origins": dict(found.origins)} if origin else {}
        show_one({"name": found.context, **values, **origins}, (), output)
        return
    if origin:
        values = {k: f"{v or '-'}  (from {found.origins[k]})" for k, v in values.items()}
    pairs(values)


@context.command("set")
@click.argument("name")
@click.option("--url", metavar="URL", help="The server.")
@click.option("--token", metavar="TOKEN", help="The token.")
@click.option("--project", metavar="REF", help="The project new experiments go to; '' for none.")
def set_(name: str, url: str | None, token: str | None, project: str | None) -> None:
    """Change NAME, or make it (with --url)."""
    if url is None and token is None and project is None:
        raise click.UsageError("Say what to set: --url, --token or --project.")
    stored = contexts.load()
    if name not in stored.by_name and url is None:
        require_context(name)
    if url is not None:
        url = resolve(url, "-").url
    with contexts.editing() as box:
        before = box[0].by_name.get(name, Context())
        moved = url is not None and url != before.url
        after = Context(url or "") if moved else before  # a token is never carried to another server
        given = {k: v for k, v in (("token", token), ("project", project)) if v is not None}
        box[0] = box[0].with_context(name, replace(after, **given), use=not box[0].current)
    click.echo(f"Context {name} is set.")


@context.command()
@click.argument("name")
@yes_option
def delete(name: str, yes: bool) -> None:
    """Forget NAME and its token."""
    require_context(name)
    confirmed(f"Forget the context {name}?", yes=yes)
    with contexts.editing() as box:
        box[0] = box[0].without(name)
    click.echo(f"Context {name} is gone.")


def _shown(name: str, context: Context) -> dict[str, str]:
    members = asdict(context)
    members.pop("issued")
    return {"name": name, **members, "token": _masked(context.token)}


def _masked(token: str) -> str:
    return f"{token[:4]}…{token[-4:]}" if len(token) > 12 else "…" if token else ""  # noqa: PLR2004
