"""``submarine login``, ``logout`` and ``whoami``."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.asking import asked, line
from submarine.entrypoints.cli.output import output_option, pairs, show_one
from submarine.entrypoints.cli.session import Session, pass_session
from submarine.entrypoints.sdk import addresses, contexts
from submarine.entrypoints.sdk.contexts import Context
from submarine.entrypoints.sdk.errors import ClientError, ConfigurationError, Unauthenticated


@click.command()
@click.option("--url", metavar="URL", help="The server, such as http://127.0.0.1:8080.")
@click.option("--name", metavar="CONTEXT", help="What to call it (the current context's name, or 'default').")
@click.option(
    "--username", metavar="USER", help="Who you are; asked for if neither this nor a token is given."
)
@click.option("--password", metavar="PASSWORD", help="Better not: it shows in the process list.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@click.option("--token", metavar="TOKEN", help="Use a token instead of a password; '-' reads it from stdin.")
@click.option("--project", metavar="REF", help="The project new experiments go to.")
@pass_session
def login(
    session: Session, url: str | None, name: str | None, username: str | None, password: str | None,
    password_stdin: bool, token: str | None, project: str | None,
) -> None:  # fmt: skip
    """Log in to a server and remember it as a context, which becomes the current one."""
    if token is not None and (username or password or password_stdin):
        raise click.UsageError("Give either --token or a username and password.")
    if password is not None and password_stdin:
        raise click.UsageError("Give either --password or --password-stdin.")
    url = url or session.url
    stored = contexts.load()
    target = name or session.context or _name_for(url, stored)
    known = stored.by_name.get(target, Context())
    address = addresses.joined(url or known.url or asked("Server (URL)", "--url"))
    if token is not None:
        context = _with_token(address, _secret(token))
    else:
        username = username or asked("Username", "--username")
        if password is None:
            password = line() if password_stdin else asked("Password", "--password-stdin", hidden=True)
        context = _with_password(session, address, username, password)
    kept = project or (known.project if known.url == address else "")
    with contexts.editing() as box:
        entry = Context(address, context.token, kept, context.user, context.issued)
        box[0] = box[0].with_context(target, entry, use=True)
    click.echo(f"Logged in to {address} as {context.user} (context {target}).")


def _with_token(address: str, token: str) -> Context:
    from submarine import Client

    with Client(address, token, retry_for=3.0) as client:
        Session().warn_of_skew(client)
        return Context(address, token, user=client.me().name)


def _with_password(session: Session, address: str, username: str, password: str) -> Context:
    from submarine import Client

    with Client(address, "-", retry_for=3.0, notice=session.notice) as client:
        Session().warn_of_skew(client)
        try:
            token = client.login(username, password).token
        except Unauthenticated as error:
            error.next_step = "Check the name and the password; an administrator can set a new one."
            raise
        return Context(address, token, user=client.me().name, issued="login")


def _name_for(url: str | None, stored: contexts.Contexts) -> str:
    """Return the context to change: the one of this server, else a free name."""
    if url is None:
        return stored.current or "default"
    for name in (stored.current, *stored.by_name):
        if name and stored.by_name.get(name, Context()).url == addresses.joined(url):
            return name
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or "default" if "default" in stored.by_name else "default"


def _secret(token: str) -> str:
    found = line() if token == "-" else token.strip()  # noqa: S105 - a dash is no secret
    if not found or not found.isascii() or not found.isprintable() or " " in found:
        raise click.UsageError("The token is empty or not a token: it is printed once when it is made.")
    return found


@click.command()
@pass_session
def logout(session: Session) -> None:
    """Forget the token of the context; one got by password is revoked too."""
    stored = contexts.load()
    name = session.context or stored.current
    context = stored.by_name.get(name)
    if context is None or not context.token:
        raise ConfigurationError("you are not logged in" + (f" (context {name})" if name else ""))
    if context.issued:
        from submarine import Client

        try:
            with Client(context.url, context.token, retry_for=0.0) as client:
                client.logout()
        except Unauthenticated:
            pass  # it was no longer valid
        except ClientError as error:
            click.echo(f"Warning: the token is forgotten here but not revoked: {error.message}", err=True)
    with contexts.editing() as box:
        rest = Context(context.url, "", context.project, "", "")
        box[0] = box[0].with_context(name, rest, use=box[0].current == name)
    click.echo(f"Logged out of {context.url}.")


@click.command()
@output_option()
@pass_session
def whoami(session: Session, output: str) -> None:
    """Show who you are to the server, your teams, and which server it is."""
    with session.client() as client:
        me = client.me()
        session.warn_of_skew(client)

        def detail() -> None:
            pairs(
                {
                    "user": me.name,
                    "name": me.get("display_name"),
                    "email": me.get("email"),
                    "admin": "yes" if me.get("admin") else "",
                    "teams": "\n".join(f"{t['team']} ({t['role']})" for t in me.get("teams") or ()),
                    "token": (me.get("token") or {}).get("kind"),
                    "server": client.connection.url,
                    "context": client.connection.context,
                    "project": client.connection.project,
                }
            )

        show_one(me, (), output, detail=detail)


def require_context(name: str) -> Context:
    """Return the stored context *name*; raise if there is none."""
    found = contexts.load().by_name
    if name not in found:
        offer = ", ".join(found) or "none"
        raise ConfigurationError(
            f"there is no context {name!r}; there is {offer}", "Make one with `submarine login`."
        )
    return found[name]
