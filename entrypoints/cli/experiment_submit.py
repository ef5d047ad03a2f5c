"""``submarine experiment submit``: a spec from options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from submarine.entrypoints.cli.durations import DURATION
from submarine.entrypoints.cli.output import output_option
from submarine.entrypoints.cli.progress import WAIT_HELP, leave
from submarine.entrypoints.cli.session import Session, pass_session, project_option
from submarine.entrypoints.cli.submitting import plan
from submarine.entrypoints.cli.submitting import submit as hand_in


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND...")
@click.option("--name", help="Its name, unique among the project's live ones; generated if absent.")
@click.option("--description", help="What it is for.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be repeated.")
@project_option
@click.option("--image", help="The container image it runs in.")
@click.option(
    "--package", "packages", multiple=True, metavar="PACKAGE", help="A Python package; may be repeated."
)
@click.option(
    "-e", "--env", "env", multiple=True, metavar="K[=V]", help="A variable; without =V your own value of it."
)
@click.option(
    "-p", "--param", "params", multiple=True, metavar="K=V", help="A parameter, ${params.K} in the command."
)
@click.option("--resources", metavar="LIST", help="Of one replica: cpu=2,memory=1Gi.")
@click.option("--replicas", type=click.IntRange(1), metavar="N", help="How many equal processes.")
@click.option("--framework", metavar="NAME", help="Whose rendezvous variables to set, such as pytorch.")
@click.option(
    "--code", type=click.Path(path_type=Path), metavar="DIR", help="A folder to send along, .gitignore kept."
)
@click.option("--cluster", metavar="NAME", help="Where to run instead of asking the placement policy.")
@click.option("--queue", metavar="NAME", help="The queue of the cluster.")
@click.option("--priority", metavar="WORD", help="low, normal, high or 0 to 100.")
@click.option("--max-duration", metavar="TIME", help="Stop it after this long, such as 2h.")
@click.option("--dry-run", is_flag=True, help="Say what would run where, and change nothing.")
@click.option("--wait", "waiting", is_flag=True, help=WAIT_HELP)
@click.option("--timeout", type=DURATION, help="How long to wait, such as 30m; then exit code 101.")
@click.option("--logs", "follow", is_flag=True, help="Follow the log until the end; the exit code tells it.")
@output_option()
@pass_session
def submit(session: Session, /, **options: Any) -> None:
    """Submit COMMAND; write it after --, so that its own options are left alone.

    \b
    submarine experiment submit --name hello -- python -c 'print("hello")'
    submarine experiment submit --code . -p lr=0.1 -- python train.py --lr '${params.lr}'
    """
    dry_run, waiting, timeout, follow, output = (
        options.pop(k) for k in ("dry_run", "waiting", "timeout", "follow", "output")
    )
    if timeout is not None and not waiting:
        raise click.UsageError("--timeout bounds the waiting: give --wait too.")
    spec = spec_of(**options)
    with session.client() as client:
        if dry_run:
            plan(client, spec, Path.cwd(), output)
            return
        session.warn_of_skew(client)
        leave(hand_in(client, spec, Path.cwd(), output, waiting=waiting, timeout=timeout, follow=follow))


def spec_of(**options: Any) -> dict[str, Any]:  # noqa: C901 - one branch for each option
    """Return the spec that the options of one command line describe."""
    spec: dict[str, Any] = {"kind": "experiment", "command": list(options["command"])}
    for key in ("name", "description", "project", "resources", "framework", "queue", "max_duration"):
        if options[key] is not None:
            spec[key] = options[key]
    if options["priority"] is not None:
        spec["priority"] = int(options["priority"]) if options["priority"].isdigit() else options["priority"]
    if options["tags"]:
        spec["tags"] = list(options["tags"])
    if environment := _environment(options["image"], options["packages"]):
        spec["environment"] = environment
    if options["env"]:
        spec["env"] = dict(_variable(e) for e in options["env"])
    if options["params"]:
        spec["params"] = dict(_param(p) for p in options["params"])
    if options["replicas"] is not None:
        spec["roles"] = {"worker": {"replicas": options["replicas"]}}
    if options["code"] is not None:
        spec["code"] = {"dir": str(options["code"])}
    if options["cluster"] is not None:
        spec["placement"] = {"cluster": options["cluster"]}
    return spec


def _environment(image: str | None, packages: tuple[str, ...]) -> dict[str, Any]:
    if image and packages:
        raise click.UsageError("Give either --image or --package: an image brings its packages.")
    return {"image": image} if image else {"python": {"packages": list(packages)}} if packages else {}


def _variable(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key:
        raise click.BadParameter(f"{text!r} is not K=V", param_hint="--env")
    if equals:
        return key, value
    if key not in os.environ:
        raise click.BadParameter(f"{key} is not set here; give it as {key}=VALUE", param_hint="--env")
    return key, os.environ[key]


def _param(text: str) -> tuple[str, Any]:
    """Return the pair of K=V, the value read as YAML would: 5 is a number, true a truth."""
    from submarine.entrypoints.sdk.errors import SpecError
    from submarine.entrypoints.sdk.specs import parse

    key, equals, value = text.partition("=")
    if not (key and equals):
        raise click.BadParameter(f"{text!r} is not K=V", param_hint="--param")
    try:
        found = parse(f"v: {value}")[0]["v"]
    except (SpecError, IndexError):
        return key, value
    return key, found if isinstance(found, int | float | bool) else value
