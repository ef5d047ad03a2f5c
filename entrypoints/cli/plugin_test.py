"""``submarine plugin test``: holds an installed plugin to the promises of its port, on this machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from submarine.entrypoints.cli.choices import Words
from submarine.entrypoints.cli.columns import PROMISES
from submarine.entrypoints.cli.exits import Exit
from submarine.entrypoints.cli.output import output_option, show_one, table
from submarine.entrypoints.cli.problems import Ended

if TYPE_CHECKING:
    from submarine.contracts.proving import Tried
    from submarine.plugins.descriptor import Descriptor

_KINDS: Final = ("runtime", "object-store", "records", "identity", "policy")


def _names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from submarine.plugins.registry import discover

    return sorted({o.name for o in discover().offers if o.kind in _KINDS and o.name.startswith(incomplete)})


@click.command("test")
@click.argument("name", shell_complete=_names)
@click.option("--kind", type=Words(_KINDS), help="What it is, if several things have this name.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A server's settings; the options of NAME are taken from there.",
)
@click.option("--option", "given", multiple=True, metavar="KEY=VALUE", help="An option of the adapter.")
@click.option(
    "--link",
    "link",
    default="",
    metavar="KEY",
    help="The option that says where its backend is: a link that breaks on purpose is put there.",
)
@click.option("-k", "only", default="", metavar="WORDS", help="Only promises whose name has these words.")
@output_option()
def test(
    name: str,
    kind: str | None,
    config: Path | None,
    given: tuple[str, ...],
    link: str,
    only: str,
    output: str,
) -> None:
    """Hold the installed plugin NAME to every promise of its port.

    Runs on this machine, not on the server: the adapter is opened as a server would open it, with the
    options of --config and --option, and its backend is used for real. All that the promises make there has
    new names and is removed again, except lines of an audit trail, which nobody can remove: give records a
    database that no server uses. Folders that an adapter needs and nobody names are made for the
    occasion. With --link, a TCP link is put between the adapter and its backend that is cut, hangs, loses
    answers and talks nonsense, and the adapter must bear it. Exit code 0 if all that applies is kept, 1 if
    a promise is broken.
    """
    offer = _offer(name, kind)
    options = {**_configured(config, offer), **dict(_pair(pair) for pair in given)}
    _refuse_wrong(offer, options)
    _refuse_link(options, link)
    tried = _try(offer, options, only, link)
    counts = {outcome: sum(t.outcome == outcome for t in tried) for outcome in _rank()}
    if output in ("json", "yaml"):
        promises = [{**_row(t), "seconds": t.seconds} for t in tried]
        show_one({"name": name, "kind": offer.kind, "promises": promises, **counts}, (), output)
    else:
        table([_row(t) for t in tried], PROMISES)
        counted = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
        click.echo(f"\n{offer.kind} {name}: {counted or 'nothing was tried'}.")
    if counts["broken"] or not tried:
        raise Ended(Exit.ERROR)


def _offer(name: str, kind: str | None) -> Descriptor:
    from submarine.plugins.registry import discover

    registry = discover()
    offers = [o for o in registry.offers if o.kind in _KINDS and kind in (None, o.kind)]
    found = [o for o in offers if o.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        kinds = ", ".join(o.kind for o in found)
        raise click.UsageError(f"{name!r} is the name of several things; give --kind: one of {kinds}")
    for plugin, error in registry.broken.items():
        if plugin == name:
            raise click.UsageError(f"plugin {name!r} cannot be loaded: {error}")
    close = get_close_matches(name, [o.name for o in offers], 1)
    hint = f"did you mean {close[0]}?" if close else f"installed: {', '.join(sorted(o.name for o in offers))}"
    raise click.UsageError(f"nothing installed here is named {name!r}; {hint}")


def _configured(config: Path | None, offer: Descriptor) -> Mapping[str, object]:
    """Return the options that the settings at *config* have for *offer*, the first place that has any."""
    if config is None:
        return {}
    import os

    from submarine.core.errors import InvalidError
    from submarine.entrypoints.settings import load

    try:
        settings = load(config, os.environ)
    except InvalidError as error:
        more = "; ".join(f"{fault.field}: {fault.reason}" for fault in error.faults)
        raise click.UsageError(f"{error}{f': {more}' if more else ''}") from error
    places = {
        "runtime": settings.clusters,
        "object-store": (settings.store,),
        "records": (settings.records,),
        "identity": (settings.identity,),
    }
    for choice in places.get(offer.kind, ()):
        if choice.use == offer.name:
            return choice.options
    raise click.UsageError(f"{config} uses no {offer.kind} {offer.name!r}; give its options with --option")


def _refuse_wrong(offer: Descriptor, options: Mapping[str, object]) -> None:
    from submarine.plugins.options import faults_of, in_words

    if offer.kind == "policy":
        if options:
            raise click.UsageError("a placement policy takes no --option: its options are in each spec")
        return
    from pydantic import ValidationError

    try:
        offer.item.config.model_validate({**dict.fromkeys(_scratch(offer), "/nowhere"), **options})
    except ValidationError as error:
        faults = faults_of(error, offer.item.config)
        raise click.UsageError(
            f"{'; '.join(map(in_words, faults))}; give it with --option KEY=VALUE or --config"
        ) from error


def _scratch(offer: Descriptor) -> tuple[str, ...]:
    """Return the options of *offer* that are folders it cannot do without."""
    if offer.kind == "policy":
        return ()
    fields = offer.item.config.model_fields.items()
    return tuple(name for name, field in fields if field.is_required() and field.annotation is Path)


def _refuse_link(options: Mapping[str, object], link: str) -> None:
    """Refuse an option that names no place where a link could be put."""
    if not link:
        return
    if link not in options:
        hint = f"give --option {link}=HOST:PORT; given: {', '.join(sorted(options)) or 'none'}"
        raise click.UsageError(f"--link {link}: there is no such option; {hint}")
    try:
        from submarine.contracts.faults.addresses import address_of
    except ModuleNotFoundError:
        return  # the kits are missing, and that is said in a moment
    try:
        address_of(options[link])
    except ValueError as error:
        raise click.UsageError(f"--link {link}: {error}") from error


def _try(offer: Descriptor, options: Mapping[str, object], only: str, link: str) -> Sequence[Tried]:
    """Return how each promise fared, once each; tell on stderr how far it has come."""
    try:
        from submarine.contracts.proving import RANK, prove
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"the contract kits need {error.name}; install them: pip install 'submarine-server[contracts]'"
        ) from error
    worst: dict[str, Tried] = {}
    with prove(offer.kind, offer.name, options, scratch=_scratch(offer), only=only, link=link) as proof:
        for number, tried in enumerate(proof, 1):
            if sys.stderr.isatty():
                click.echo(f"\r\033[K{number}/{proof.total} {tried.promise}", err=True, nl=False)
            before = worst.get(tried.promise)
            if before is None or RANK.index(tried.outcome) > RANK.index(before.outcome):
                worst[tried.promise] = tried
        if sys.stderr.isatty():
            click.echo("\r\033[K", err=True, nl=False)
        if not worst:
            click.echo(proof.said.strip(), err=True)
    return list(worst.values())


def _rank() -> Sequence[str]:
    from submarine.contracts.proving import RANK

    return RANK


def _row(tried: Tried) -> dict[str, Any]:
    return {
        "promise": tried.promise.removeprefix("test_").replace("_", " "),
        "outcome": tried.outcome,
        "detail": tried.detail or tried.sentence,
    }


def _pair(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--option")
    import json

    with suppress(ValueError):  # a number, a list, true; anything else is a word
        return key, json.loads(value)
    return key, value
