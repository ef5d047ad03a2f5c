"""``submarine experiment``: the commands about experiments."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.lazy import LazyGroup

_COMMANDS = {
    "artifacts": ("artifacts:artifacts", "List, download and upload its files."),
    "cancel": ("experiment_change:cancel", "Stop it."),
    "clone": ("experiment_again:clone", "Run its spec again with changes."),
    "delete": ("experiment_change:delete", "Remove an ended one with all it left."),
    "diff": ("experiment_again:diff", "Show what differs between two."),
    "events": ("experiment_show:events", "List what happened to it."),
    "explain": ("explain:explain", "Tell why it is where it is."),
    "get": ("experiment_show:get", "Show one."),
    "list": ("experiment_list:list_", "List them, the newest first."),
    "logs": ("logs:logs", "Print its log."),
    "metrics": ("measurements:metrics", "Show or plot its metrics."),
    "rerun": ("experiment_again:rerun", "Run the same spec again."),
    "resume": ("experiment_change:resume", "Let a suspended one go on."),
    "submit": ("experiment_submit:submit", "Submit a command."),
    "suspend": ("experiment_change:suspend", "Pause it."),
    "tag": ("experiment_change:tag", "Add and remove tags."),
    "watch": ("watching:watch", "Watch one until its end, or all that live."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, aliases={"ls": "list", "show": "get", "rm": "delete"})
def experiment() -> None:
    """Submit, follow, compare and stop experiments.

    REF is an id or a name; of several with one name it is the newest.
    """
