"""``submarine completion``: what a shell needs to complete commands, options and experiments."""

from __future__ import annotations

import click

from submarine.entrypoints.cli.choices import Words

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=Words(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash:  eval "$(submarine completion bash)"   in ~/.bashrc
    zsh:   eval "$(submarine completion zsh)"    in ~/.zshrc
    fish:  submarine completion fish | source    in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover - click knows all three
        raise click.ClickException(f"no completion for {shell}")
    source = kind(ctx.find_root().command, {}, "submarine", "_SUBMARINE_COMPLETE")
    click.echo(source.source_template % source.source_vars())
