"""``submarine``: the commands there are and the options they share."""

from __future__ import annotations

import click

import submarine
from submarine.entrypoints.cli.lazy import LazyGroup
from submarine.entrypoints.cli.session import Session

_COMMANDS = {
    "apply": ("apply:apply", "Submit what a YAML or JSON file describes."),
    "audit": ("audit:audit", "Show who did what."),
    "cluster": ("cluster:cluster", "See and drain the clusters experiments run on."),
    "completion": ("completion:completion", "Print the completion script of a shell."),
    "context": ("context:context", "Choose between servers."),
    "experiment": ("experiment:experiment", "Submit, follow, compare and stop experiments (alias: exp)."),
    "explain": ("explain:explain", "Tell why an experiment is where it is."),
    "login": ("login:login", "Log in to a server and remember it."),
    "logout": ("login:logout", "Forget the token of a server, and revoke it."),
    "logs": ("logs:logs", "Print the log of an experiment."),
    "plugin": ("plugin:plugin", "See and test what is installed."),
    "project": ("project:project", "Make and manage projects."),
    "ps": ("experiment_list:ps", "List the experiments that have not ended."),
    "server": ("server:server", "Run a server."),
    "team": ("team:team", "Make teams and say who is in them."),
    "token": ("token:token", "Make and revoke tokens for programs."),
    "user": ("user:user", "Make and manage users."),
    "whoami": ("login:whoami", "Show who you are to the server."),
}


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    aliases={"exp": "experiment"},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 ok, 1 error, 2 usage, 4 not allowed, 5 conflict; with --wait, --logs, logs -f and "
    "watch also 100 failed, 101 still running, 102 not found, 103 cancelled.",
)
@click.option("--context", metavar="NAME", help="The context to use instead of the current one.")
@click.option("--url", metavar="URL", help="The server to talk to instead of the context's.")
@click.version_option(submarine.__version__, prog_name="submarine")
@click.pass_context
def cli(ctx: click.Context, context: str | None, url: str | None) -> None:
    """Run machine learning experiments on any cluster your company has.

    Begin with `submarine login --url URL`, then `submarine apply -f FILE`.
    """
    ctx.obj = Session(context, url)
