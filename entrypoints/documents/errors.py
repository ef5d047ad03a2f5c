"""Why a document could not even be read; HTTP has a status of its own for each."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar, Self

from submarine.core.errors import Fault, InvalidError


class UnreadableError(InvalidError):
    """The bytes are no document; nothing is known about what they were to say. HTTP answers ``status``."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST

    @classmethod
    def because(cls, reason: str, expected: str = "", *, line: int = 0, column: int = 0) -> Self:
        """Return the error; *line* and *column* count from 1, 0 if there is no place to name."""
        where = f"line {line}, column {column}: " if line else ""
        message = f"the document cannot be read: {where}{reason}" + (
            f"; expected {expected}" if expected else ""
        )
        return cls(message, [Fault("", where + reason, expected)])


class MalformedError(UnreadableError):
    """The bytes are no YAML or JSON."""


class TooLargeError(UnreadableError):
    """There are more bytes than a document may have."""

    status: ClassVar[HTTPStatus] = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnknownTypeError(UnreadableError):
    """The media type is neither YAML nor JSON."""

    status: ClassVar[HTTPStatus] = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
