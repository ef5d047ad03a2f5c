"""What YARN keeps of services on HDFS, in the home of each user; as long as it is there the name is taken."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn import names
from submarine.adapters.yarn.config import YarnConfig
from submarine.core.errors import ConflictError, NotFoundError
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.workload import Handle

ABSENT: Final = frozenset({"FileNotFoundException", "ParentNotDirectoryException"})
"""What HDFS says of what is not there."""
_LARGEST: Final = 2**24
"""Bytes that are read of a service: whoever has the home can write there what they like."""
_LEFT_MS: Final = 60_000
"""Age of a service without application that nobody is submitting any more, by HDFS' own clock."""

Answered = Callable[[str], AbstractAsyncContextManager[None]]
"""Says in our words what HDFS does not do at a path."""


class ServiceStore:
    """The services of whoever is asked for, through a client of HDFS *acting* for a user."""

    def __init__(self, config: YarnConfig, acting: Callable[[str], WebHdfs], answered: Answered) -> None:
        self._config = config
        self._root = config.folder
        self._as = acting
        self._answered = answered

    async def forget(self, name: str, user: str) -> None:
        """Delete what YARN keeps of a service that is over, so that its name is free.

        Not by the services API: Hadoop 3.4.2 leaks a connection to ZooKeeper with every DELETE, and stands
        still after sixty, which is all that ZooKeeper grants one machine.
        """
        try:
            await self._as(user).delete(self._folder(name, user), recursive=True)
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise

    async def free(self, name: str, user: str) -> bool:
        """Tell whether no service is called *name* any more, or never was.

        Call it where there is no application of that name. What is written down of its service then was left
        by a ResourceManager that died before it submitted one, if it is old, and is put aside. Of several
        servers one does that: where it is put there is room for one.
        """
        folder = self._folder(name, user)
        try:
            kept = await self._as(user).status(f"{folder}/{name}.json")
            if await self._as(user).clock() - kept.modified < _LEFT_MS:
                return False
            async with self._answered(folder):
                await self._as(user).rename(
                    folder, f"{self._root}/{name}/{names.LEFT}.{kept.modified}", overwrite=False
                )
        except (ConflictError, NotFoundError):
            return False
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise
        return True

    async def known(self, user: str) -> list[Handle]:
        """Return the services of *user* that YARN keeps and that may be attempts of ours."""
        try:
            return [
                Handle(each.name)
                async for each in self._as(user).list(self._folder("", user).rstrip("/"))
                if each.folder and each.owner == user and is_name(each.name)
            ]
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise
            return []

    async def started(self, name: str, user: str) -> bool:
        """Tell whether the service *name* was started from here: its files are of our staging folder."""
        try:
            kept = await self.definition(name, user)
        except (NotFoundError, RefusedError):
            return False
        return f"{self._root}/{name}/".encode() in kept

    async def definition(self, name: str, user: str) -> bytes:
        """Return what is written down of the service *name*; raise `NotFoundError` if nothing is."""
        path = self._file(name, user)
        async with self._answered(path):
            return b"".join([piece async for piece in self._as(user).read(path, length=_LARGEST)])

    async def age(self, name: str, user: str) -> int:
        """Return how many milliseconds ago that was written, by HDFS' own clock."""
        path = self._file(name, user)
        async with self._answered(path):
            kept = await self._as(user).status(path)
            return await self._as(user).clock() - kept.modified

    async def replace(self, name: str, content: bytes, user: str) -> None:
        """Write *content* down of the service *name* instead, whole from the first moment it is seen."""
        path, scratch = self._file(name, user), f"{self._root}/{names.SCRATCH}/{name}.{secrets.token_hex(4)}"
        async with self._answered(path):
            await self._as(user).create(scratch, content, mode="600")
            await self._as(user).rename(scratch, path, overwrite=True)

    def _file(self, name: str, user: str) -> str:
        return f"{self._folder(name, user)}/{name}.json"

    def _folder(self, name: str, user: str) -> str:
        return f"{self._config.services or f'/user/{user}/.yarn'}/services/{name}"
