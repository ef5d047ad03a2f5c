"""Every command there is, with arguments it would take."""

from __future__ import annotations

from collections.abc import Iterator

import click

from submarine.entrypoints.cli.root import cli

SAMPLES = {
    "apply": ["-f", "-"],
    "completion": ["bash"],
    "context use": ["x"],
    "context set": ["x", "--url", "http://x"],
    "context delete": ["x"],
    "cluster adopt": ["local"],
    "cluster drain": ["local"],
    "cluster get": ["local"],
    "cluster orphans": ["local"],
    "cluster resume": ["local"],
    "experiment artifacts download": ["x", "path"],
    "experiment artifacts list": ["x"],
    "experiment artifacts upload": ["x", __file__],
    "experiment cancel": ["x"],
    "experiment clone": ["x"],
    "experiment delete": ["x"],
    "experiment diff": ["x", "y"],
    "experiment events": ["x"],
    "experiment explain": ["x"],
    "experiment get": ["x"],
    "experiment logs": ["x"],
    "experiment metrics": ["x"],
    "experiment rerun": ["x"],
    "experiment resume": ["x"],
    "experiment submit": ["--", "true"],
    "experiment suspend": ["x"],
    "experiment tag": ["x", "t"],
    "experiment watch": ["x"],
    "explain": ["x"],
    "logs": ["x"],
    "plugin test": ["least-loaded"],
    "login": ["--url", "http://127.0.0.1:9", "--token", "t"],
    "project create": ["p"],
    "project delete": ["p"],
    "project get": ["p"],
    "project update": ["p", "--description", "d"],
    "team add": ["t", "u"],
    "team create": ["t"],
    "team delete": ["t"],
    "team get": ["t"],
    "team members": ["t"],
    "team remove": ["t", "u"],
    "token create": ["t"],
    "token delete": ["t"],
    "user create": ["u", "--no-password"],
    "user delete": ["u"],
    "user get": ["u"],
    "user password": ["u", "--password-stdin"],
    "user update": ["u", "--admin"],
}
"""Arguments for those that need any."""

OFFLINE = (
    "completion",
    "context list",
    "context show",
    "context use",
    "context set",
    "context delete",
    "login",
    "logout",
    "plugin test",
    "server start",
    "server check",
    "server readmit",
    "server migrate",
)
"""Commands that do not begin by asking the server."""


def leaves(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(leaves())
ONLINE = [name for name in ALL if name not in OFFLINE]
