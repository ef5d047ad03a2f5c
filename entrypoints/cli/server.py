"""``submarine server``: the server itself; what it is made of is imported when it is asked for."""

from __future__ import annotations

from pathlib import Path

import click

_CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SUBMARINE_CONFIG",
    show_envvar=True,
    help="The settings, a TOML file.",
)


@click.group()
def server() -> None:
    """Run a server."""


@server.command()
@_CONFIG
@click.option("--host", help="The address to listen on instead of the file's.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port instead of the file's; 0 for any free one."
)
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="The data folder instead of the file's."
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Any other setting, over the file's."
)
@click.pass_context
def start(
    ctx: click.Context,
    config: Path | None,
    host: str | None,
    port: int | None,
    data: Path | None,
    settings: tuple[str, ...],
) -> None:
    """Start the server and stay in the foreground; Ctrl-C stops it, and running jobs go on."""
    from submarine.entrypoints.serve import start as serve

    overrides: dict[str, object] = dict(_pair(s) for s in settings)
    named = {"host": host, "port": port, "data": data}
    overrides |= {k: v for k, v in named.items() if v is not None}
    ctx.exit(serve(config, overrides))


@server.command()
@_CONFIG
@click.option("--clusters", is_flag=True, help="Ask each cluster too whether it answers and takes jobs.")
@click.pass_context
def check(ctx: click.Context, config: Path | None, clusters: bool) -> None:
    """Check the settings and name everything that is wrong with them."""
    from submarine.entrypoints.serve import check as look

    ctx.exit(look(config, asking=clusters))


@server.command()
@_CONFIG
@click.option("--plan", is_flag=True, help="Only say what would be done.")
@click.pass_context
def migrate(ctx: click.Context, config: Path | None, plan: bool) -> None:
    """Bring the records up to the schema of this version."""
    from submarine.entrypoints.serve import migrate as bring_up

    ctx.exit(bring_up(config, plan))


@server.command()
@_CONFIG
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="The data folder instead of the file's."
)
@click.pass_context
def readmit(ctx: click.Context, config: Path | None, data: Path | None) -> None:
    """Print a token for user admin, good for an hour, when every other is lost.

    Whoever can read the records may do this; it is audited. The server may run meanwhile.
    """
    from submarine.entrypoints.serve import readmit as let_in

    ctx.exit(let_in(config, {} if data is None else {"data": data}))


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--set")
    return key, value
