"""Marks the methods that answer requests; what else they need is read from their signatures."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

Handler = Callable[..., Awaitable[Any]]
HandlerT = TypeVar("HandlerT", bound=Handler)

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
Size = Literal["form", "body", "spec", "upload"]


class Keeping(enum.Enum):
    """Who keeps the answer to a POST that carries an ``Idempotency-Key``."""

    STORE = "store"  # the injected store, after the handler returned
    HANDLER = "handler"  # the handler, in the transaction of its effect
    MEMORY = "memory"  # this process for some minutes: the answer holds a secret no table may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a handler listens, what it takes and what it answers when all is well."""

    method: Method
    path: str
    status: int | None = None
    tag: str = ""
    auth: bool = True
    size: Size = "form"
    consumes: tuple[str, ...] = ("application/json",)
    location: str = ""
    sparse: frozenset[str] = frozenset()
    also: Mapping[int, object] = field(default_factory=dict)
    keeping: Keeping = Keeping.STORE
    probe: bool = False
    documented: bool = True


def route(  # noqa: PLR0913 - one declaration says everything about a route
    method: Method,
    path: str,
    *,
    status: int | None = None,
    tag: str = "",
    auth: bool = True,
    size: Size = "form",
    consumes: Collection[str] = ("application/json",),
    location: str = "",
    sparse: Collection[str] = (),
    also: Mapping[int, object] | None = None,
    keeping: Keeping = Keeping.STORE,
    probe: bool = False,
    documented: bool = True,
) -> Callable[[HandlerT], HandlerT]:
    """Mark a method as the handler of *method* *path*.

    *status* of a good answer is 200, or 204 where the method returns None. *auth* false opens the route
    to strangers. *size* names the bound of the body among the limits; a form is small. *location* is a
    template over the answer's fields for the header of that name. *sparse* fields are left out of lists
    unless ``fields=`` asks for them. *also* documents further good answers by status. A *probe* is
    answered under any host name and while the server refuses others for being too many.
    """

    def mark(handler: HandlerT) -> HandlerT:
        declared = Route(
            method=method,
            path=path,
            status=status,
            tag=tag,
            auth=auth,
            size=size,
            consumes=tuple(consumes),
            location=location,
            sparse=frozenset(sparse),
            also=dict(also or {}),
            keeping=keeping,
            probe=probe,
            documented=documented,
        )
        setattr(handler, "__route__", declared)  # noqa: B010 - a function has no such attribute to mypy
        return handler

    return mark


def marked(*controllers: object) -> Iterator[tuple[Route, Handler]]:
    """Yield every marked method of *controllers* in the order it was written."""
    for controller in controllers:
        # by the classes' own order, not by name: the first matching path wins in the router
        names = dict.fromkeys(name for cls in type(controller).__mro__ for name in vars(cls))
        for name in names:
            method = inspect.getattr_static(controller, name)
            if isinstance(found := getattr(method, "__route__", None), Route):
                yield found, getattr(controller, name)
