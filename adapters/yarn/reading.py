"""Reads an attempt's folder on HDFS into what is known of the attempt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

import msgspec

from submarine.adapters.yarn import names, records
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.files import LARGEST, Files, Folder
from submarine.adapters.yarn.records import (
    FORMAT,
    Application,
    Cancel,
    Closing,
    End,
    Plan,
    Run,
    Scale,
    Sealed,
    Seat,
    Stop,
)
from submarine.adapters.yarn.seals import Seals
from submarine.core.errors import NotFoundError

log = logging.getLogger(__name__)

_DOCUMENTS: Final = {names.PLAN, names.SCALE, names.APPLICATION, names.CANCEL, names.STOP, names.CLOSING}
_READ_AGAIN_S: Final = 60.0
"""Seconds after which a folder is read though it looks unchanged.

HDFS sets no time of a folder back: after a failover to a NameNode whose clock is behind, changes do not show.
"""


class Reader:
    """Reads folders, and of each only the files that have changed."""

    def __init__(self, files: Files, seals: Seals) -> None:
        self._files = files
        self._seals = seals

    async def read(self, attempt: Attempt, folder: Folder | None) -> None:
        """Read what is new in the folder of *attempt*; of *folder* is known when it was changed.

        What was read is kept where it breaks off, so however much there is, some round has it all.
        """
        files = await self._files.names(attempt.handle, attempt.owner)
        if not attempt.ours and not await self._adopt(attempt, files):
            return
        known = {name: changed for name, changed in files.items() if attempt.files.get(name) == changed}
        attempt.files = known
        attempt.read_at = asyncio.get_running_loop().time()
        for name, changed in files.items():
            if name not in known:
                await self._learn(attempt, name)
                known[name] = changed
        if folder is not None:
            attempt.changed = folder.changed

    async def _adopt(self, attempt: Attempt, files: Mapping[str, int]) -> bool:
        """Tell whether the plan of *attempt* bears our seal, and so its folder is ours.

        One of a newer server, which says more than we can read, bears it too.
        """
        if names.PLAN not in files:
            return False
        try:
            path = f"{attempt.handle}/{names.PLAN}"
            content = await self._files.read(path, attempt.owner, LARGEST)
            seal = records.read(content, Sealed).seal
        except (NotFoundError, msgspec.MsgspecError):
            return False
        attempt.ours = await self._seals.good(seal, attempt.handle, attempt.owner)
        return attempt.ours

    async def _learn(self, attempt: Attempt, name: str) -> None:
        known = name in _DOCUMENTS or names.seated(name) is not None
        note = names.note(name)
        if name == names.DECLINED:
            attempt.declined = True
        if not known and (note is None or note.kind == names.SPOOL):
            return
        try:
            content = await self._files.read(f"{attempt.handle}/{name}", attempt.owner, LARGEST)
        except NotFoundError:
            return
        try:
            _take(attempt, name, note, content)
        except msgspec.MsgspecError as error:
            log.warning("%s of %s is damaged: %s", name, attempt.handle, error)
            if name in {names.PLAN, names.CLOSING}:
                attempt.damage = f"its {name} is damaged: {error}"


def stale(attempt: Attempt) -> bool:
    """Tell whether it is time to read the folder of *attempt* again, whatever it looks like."""
    return attempt.closing is None and asyncio.get_running_loop().time() - attempt.read_at > _READ_AGAIN_S


def _take(attempt: Attempt, name: str, note: names.Note | None, content: bytes) -> None:
    """Put what the file *name* holds where it belongs."""
    match name:
        case names.PLAN:
            _take_plan(attempt, records.read(content, Plan))
        case names.SCALE:
            attempt.scale = records.read(content, Scale)
            attempt.plan = attempt.plan and attempt.plan.sized(attempt.scale)
        case names.APPLICATION:
            attempt.application = records.read(content, Application)
        case names.CANCEL:
            attempt.cancel = records.read(content, Cancel)
        case names.STOP:
            attempt.stop = records.read(content, Stop)
        case names.CLOSING:
            attempt.closing = records.read(content, Closing)
        case _ if note is not None and note.kind == names.RUN:
            runs = attempt.runs.setdefault((note.role, note.number), [])
            runs[:] = [run for run in runs if run.container != note.container]
            run = records.read(content, Run)
            runs.append(msgspec.structs.replace(run, container=note.container))
            runs.sort(key=lambda run: names.age(run.container))
        case _ if (who := names.seated(name)) is not None:
            attempt.seats[who] = records.read(content, Seat)
        case _ if note is not None:
            attempt.ends[note.container] = records.read(content, End)


def _take_plan(attempt: Attempt, plan: Plan) -> None:
    if plan.format > FORMAT:
        attempt.damage = f"it was written by a newer server (format {plan.format})"
    else:
        attempt.plan = plan.sized(attempt.scale)
