"""``fields=``: answers with just the keys the caller wants."""

from __future__ import annotations

import dataclasses
import types
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

from submarine.core.errors import Fault, InvalidError


class Fields(frozenset[str]):
    """The keys the caller asked for; empty means the usual ones. Inject it into a route."""

    __slots__ = ()

    def asks(self, name: str) -> bool:
        """Tell whether *name* was asked for by name."""
        return name in self

    @classmethod
    def of(cls, text: str | None, offered: frozenset[str]) -> Fields:
        """Read ``a,b``; raise `InvalidError` naming what is *offered* if one is not."""
        if text is None:
            return _USUAL
        names = [name.strip() for name in text.split(",")]
        faults = [
            Fault("fields", f"{name[:80]!r} is no field" if name else "a name is empty", _list(offered))
            for name in names
            if name not in offered
        ]
        if faults:
            raise InvalidError(f"fields: {faults[0].reason}; on offer: {_list(offered)}", faults)
        return cls(names)


_USUAL = Fields()


def keys_of(kind: object) -> frozenset[str] | None:
    """Return the keys an answer of type *kind* has, None if it has no fixed ones."""
    if isinstance(kind, type):
        if issubclass(kind, BaseModel):
            return frozenset(kind.model_fields)
        if dataclasses.is_dataclass(kind):
            return frozenset(field.name for field in dataclasses.fields(kind))
        return None
    if get_origin(kind) is Annotated:
        return keys_of(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        parts = [keys_of(arg) for arg in get_args(kind)]
        return None if None in parts else frozenset().union(*(p for p in parts if p))
    return None


def _list(offered: frozenset[str]) -> str:
    return ", ".join(sorted(offered))
