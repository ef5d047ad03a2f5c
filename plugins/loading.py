"""Imports plugins, ours first, and keeps what goes wrong with each of them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from submarine import __version__
from submarine.core.errors import AdapterError
from submarine.plugins.asking import STRANGERS_FAULTS, ask, described
from submarine.plugins.builtin import BUILTIN
from submarine.plugins.descriptor import Descriptor, Plugin
from submarine.plugins.hookspecs import ENTRY_POINTS

Source = tuple[Plugin, Callable[[], object]]


def load() -> tuple[list[Descriptor], dict[str, AdapterError]]:
    """Return what all plugins offer, no kind and name twice, and what is wrong with whom."""
    faults: dict[str, list[tuple[str, BaseException | None]]] = {}
    offers: dict[tuple[str, str], Descriptor] = {}
    for plugin, importer in (*_builtin(), *_installed()):

        def blame(message: str, cause: BaseException | None, name: str = plugin.name) -> None:
            faults.setdefault(name, []).append((message, cause))

        for offer in _offers(plugin, importer, blame):
            first = offers.setdefault((offer.kind, offer.name), offer)
            if first is not offer:
                blame(
                    f"{offer.kind} {offer.name!r} is {first.plugin.name}'s already; this one is refused", None
                )
    return list(offers.values()), {name: _error(found) for name, found in faults.items()}


def _offers(
    plugin: Plugin, importer: Callable[[], object], blame: Callable[[str, BaseException | None], None]
) -> Iterable[Descriptor]:
    try:
        answerer = importer()
    except STRANGERS_FAULTS as error:
        blame(described(error), error)
        return ()
    return ask(answerer, plugin, blame)


def _builtin() -> Iterator[Source]:
    for module in BUILTIN:
        plugin = Plugin(name=module, package="submarine-server", version=__version__)
        yield plugin, partial(import_module, module)


def _installed() -> Iterator[Source]:
    """Yield the plugins of other packages, in an order that does not hang on the file system's."""
    taken: set[str] = set()
    for package, point in sorted(
        ((_package(point), point) for point in entry_points(group=ENTRY_POINTS)),
        key=lambda pair: (pair[0][0], pair[1].name),
    ):
        name = point.name if point.name not in taken else f"{point.name} of {package[0]}"
        taken.add(name)
        yield Plugin(name=name, package=package[0], version=package[1]), point.load


def _package(point: EntryPoint) -> tuple[str, str]:
    """Return name and version of the package; a broken installation may have lost either."""
    if point.dist is None:
        return "unknown", "unknown"
    try:
        return point.dist.name or "unknown", point.dist.version or "unknown"
    except STRANGERS_FAULTS:
        return "unknown", "unknown"


def _error(found: list[tuple[str, BaseException | None]]) -> AdapterError:
    error = AdapterError("; ".join(message for message, _ in found))
    error.__cause__ = next((cause for _, cause in found if cause is not None), None)
    return error
