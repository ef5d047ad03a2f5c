"""Keeps what YARN holds of a service that is scaled: it writes it anew for that, where it stands.

A ResourceManager that is killed meanwhile leaves an empty file, with which no size can be changed any more,
and no master started.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec

from submarine.adapters.yarn import names, records
from submarine.adapters.yarn.files import Files
from submarine.core.errors import ConflictError, UnavailableError

_WRITING_MS: Final = 10_000
"""Age of half a definition that nobody is writing any more."""


class _Definition(msgspec.Struct):
    """What YARN holds of a service: the id of its application, and more."""

    id: str = ""


async def keep(files: Files, name: str, user: str) -> None:
    """Keep in the attempt's folder what YARN holds of the service *name*, which runs.

    Raise `UnavailableError` if it holds nothing whole: it may be writing just now.
    """
    content = await files.services.definition(name, user)
    if not _is_whole(content):
        raise UnavailableError(f"what YARN holds of the service {name} is not whole now")
    with suppress(ConflictError):
        await files.bring(f"{name}/{names.SERVICE}", content, user)


async def mend(files: Files, name: str, user: str) -> None:
    """Give YARN back what `keep` kept, if it has nothing whole for some time."""
    if _is_whole(await files.services.definition(name, user)):
        return
    if await files.services.age(name, user) >= _WRITING_MS:
        kept = await files.read(f"{name}/{names.SERVICE}", user)
        await files.services.replace(name, kept, user)


def _is_whole(definition: bytes) -> bool:
    """Tell whether *definition* is all of a service that has an application."""
    try:
        return bool(records.read(definition, _Definition).id)
    except msgspec.MsgspecError:
        return False
