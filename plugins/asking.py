"""Puts every hook's question to one plugin, whatever that plugin may do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final

import pluggy

from submarine.plugins import hookspecs
from submarine.plugins.descriptor import Descriptor, Plugin
from submarine.plugins.vetting import fault_of_adapter, fault_of_framework, fault_of_policy

MOST: Final = 1000
"""A hook that yields more never ends, as far as we are concerned."""

STRANGERS_FAULTS: Final = (Exception, SystemExit)
"""What a stranger's code may raise at us; a keyboard interrupt is ours."""

Blame = Callable[[str, BaseException | None], None]

_QUESTIONS: Final[dict[str, tuple[Callable[[Any], str | None], Callable[[Any], str]]]] = {
    "submarine_adapters": (fault_of_adapter, lambda item: item.port.name),
    "submarine_policies": (fault_of_policy, lambda _: "policy"),
    "submarine_frameworks": (fault_of_framework, lambda _: "framework"),
}


def ask(answerer: object, plugin: Plugin, blame: Blame) -> Iterator[Descriptor]:
    """Yield all that is sound in what *answerer* yields; *blame* hears of the rest, in words.

    It gets a plugin manager of its own, so it can neither wrap, veto nor stop the others' answers.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(answerer, name=plugin.name)
        manager.check_pending()
    except STRANGERS_FAULTS as error:
        blame(described(error), error)
        return
    if not manager.get_hookcallers(answerer):
        blame("answers no hook of ours; its entry point should name the module with the hookimpls", None)
    for hook in _QUESTIONS:
        try:
            yield from _sound(hook, _answers(manager, hook), plugin, blame)
        except STRANGERS_FAULTS as error:
            blame(f"{hook}: {described(error)}", error)


def described(error: BaseException) -> str:
    """Return *error* in a line, its type first."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _answers(manager: pluggy.PluginManager, hook: str) -> Iterator[Any]:
    for answer in getattr(manager.hook, hook)():
        if inspect.iscoroutine(answer):
            answer.close()
            raise TypeError("is a coroutine function; hooks are synchronous and yield")
        yield from answer


def _sound(hook: str, answers: Iterator[Any], plugin: Plugin, blame: Blame) -> Iterator[Descriptor]:
    fault_of, kind_of = _QUESTIONS[hook]
    for number, item in enumerate(answers):
        if number == MOST:
            blame(f"{hook} goes on after {MOST} items; the rest is left out", None)
            return
        if fault := fault_of(item):
            blame(f"{hook} {fault}", None)
        else:
            yield Descriptor.of(kind_of(item), item, plugin)
