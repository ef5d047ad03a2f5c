"""Answers of the server as objects: attributes for people, the plain JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from typing_extensions import override


class Document(Mapping[str, Any]):
    """A JSON object; ``document.name`` is typed, ``document["name"]`` is what the server sent.

    Members this client has never heard of are there too. Those named ``*_at`` are datetimes as
    attributes and ISO-8601 text as items; NaN is a float as an attribute and a word as an item. A member
    left out by ``fields=`` raises `AttributeError`.
    """

    _numbers: ClassVar[frozenset[str]] = frozenset()
    _nested: ClassVar[Mapping[str, type[Document]]] = {}

    def __init__(self, data: Mapping[str, Any], etag: str | None = None) -> None:
        self._data = dict(data)
        self.etag = etag

    @classmethod
    def of(cls, data: Any, etag: str | None = None) -> Self:
        """Return the document of parsed JSON; anything but an object is an empty document."""
        return cls(data if isinstance(data, Mapping) else {}, etag)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as the server sent it."""
        return dict(self._data)

    @override
    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    @override
    def __len__(self) -> int:
        return len(self._data)

    @override
    def __hash__(self) -> int:
        return id(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            value = self._data[name]
        except KeyError:
            there = ", ".join(sorted(self._data)) or "nothing"
            message = f"this {type(self).__name__} was sent without {name!r}; it has {there}"
            raise AttributeError(message) from None
        return self._convert(name, value)

    def _convert(self, name: str, value: Any) -> Any:
        if (kind := self._nested.get(name)) is not None:
            if isinstance(value, list):
                return [kind.of(v) for v in value]
            return None if value is None else kind.of(value)
        if name in self._numbers:
            return _number(value)
        if name.endswith("_at") and isinstance(value, str):
            return _moment(value)
        return value

    @override
    def __repr__(self) -> str:
        names = [k for k in ("id", "name", "state") if k in self._data] or [*self._data][:4]
        shown = [f"{k}={self._data[k]!r}" for k in names]
        return f"{type(self).__name__}({', '.join(shown)})"


def _number(value: Any) -> Any:
    """Return the float for the words that stand for NaN and the infinities in JSON."""
    if isinstance(value, Mapping):
        return {k: _number(v) for k, v in value.items()}
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def _moment(value: str) -> datetime | str:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value
