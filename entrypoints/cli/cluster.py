"""``submarine cluster``: where experiments run."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.ages import ago
from submarine.entrypoints.cli.asking import confirmed
from submarine.entrypoints.cli.columns import CLUSTERS, ORPHANS, plain
from submarine.entrypoints.cli.output import output_option, pairs, show_many, show_one
from submarine.entrypoints.cli.screen import printable
from submarine.entrypoints.cli.session import Session, pass_session, yes_option


@click.group()
def cluster() -> None:
    """See and drain the clusters experiments run on."""


@cluster.command("list")
@output_option(many=True)
@pass_session
def list_(session: Session, output: str) -> None:
    """List the clusters with their health and what is free."""
    with session.client() as client:
        show_many(client.clusters.list(), CLUSTERS, output, empty="No clusters.")


@cluster.command()
@click.argument("name")
@output_option()
@pass_session
def get(session: Session, name: str, output: str) -> None:
    """Show the cluster NAME."""
    with session.client() as client:
        found = client.clusters.get(name)

    def detail() -> None:
        capacity = found.get("capacity") or {}
        pairs(
            {
                "name": found.name,
                "runtime": found.get("runtime"),
                "labels": plain(found.get("labels")),
                "health": f"{found.get('health')}, since {ago(found.get('since_at'))}",
                "reason": found.get("reason"),
                "running": found.get("running"),
                "queued": found.get("queued"),
                "free": plain(capacity.get("free")),
                "total": plain(capacity.get("total")),
                "queues": plain(capacity.get("queues")),
                "notes": "\n".join(plain(n) for n in capacity.get("notes") or ()),
            }
        )

    show_one(found, CLUSTERS, output, detail=detail)


@cluster.command()
@click.argument("name")
@yes_option
@pass_session
def drain(session: Session, name: str, yes: bool) -> None:
    """Place nothing more on NAME; what runs there goes on."""
    confirmed(f"Place nothing more on {name}?", yes=yes)
    with session.client() as client:
        click.echo(f"{printable(name)} is {client.clusters.drain(name).health}")


@cluster.command()
@click.argument("name")
@pass_session
def resume(session: Session, name: str) -> None:
    """Place experiments on NAME again."""
    with session.client() as client:
        click.echo(f"{printable(name)} is {client.clusters.resume(name).health}")


@cluster.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Also while jobs are on the other: they will be lost.")
@yes_option
@pass_session
def adopt(session: Session, name: str, force: bool, yes: bool) -> None:
    """Let NAME stand for the cluster that this server reaches by it.

    A server refuses a cluster whose name stands for another one in the records. This moves the name,
    for good: after a machine was replaced, or a data directory lost.
    """
    confirmed(f"Move the name {name} to the cluster of this server?", yes=yes)
    with session.client() as client:
        click.echo(f"{printable(name)} is {client.clusters.adopt(name, force=force).health}")


@cluster.command()
@click.argument("name")
@output_option(many=True)
@pass_session
def orphans(session: Session, name: str, output: str) -> None:
    """List what runs on NAME under our name and is in no record."""
    with session.client() as client:
        show_many(client.clusters.orphans(name), ORPHANS, output, name="handle", empty="No orphans.")
