"""Brings spools home after their job has ended."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from submarine.core.errors import BusyError, InvalidError, NotFoundError, SubmarineError, UnavailableError
from submarine.core.failpoints import reach
from submarine.core.metadata.manager import disagreement
from submarine.core.metadata.metrics import MOST_POINTS, Accepted, MetricBatch
from submarine.core.metadata.recorder import MetricRecorder
from submarine.core.metadata.spool import ParamsSaid, Said, TagsSaid, read_line
from submarine.core.metadata.store import MetadataRecords

log = logging.getLogger(__name__)

MOST_LINES: Final = 1_000_000
_TOGETHER: Final = 500
_SHOWN: Final = 5


@dataclass(slots=True)
class SpoolReport:
    """What became of a spool; ``faults`` says why lines were passed over (the first few)."""

    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    passed_over: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, reason: object) -> None:
        """Count a line that was passed over."""
        self.passed_over += 1
        if len(self.faults) < _SHOWN:
            self.faults.append(str(reason))


class SpoolReader:
    """Records each line once, however often the spool is read.

    Metrics go past the queue of live ones and in their own order: were one refused as busy and a later
    one taken, the earlier would count as seen.
    """

    def __init__(self, records: MetadataRecords, recorder: MetricRecorder) -> None:
        self._records = records
        self._recorder = recorder

    async def ingest_spool(self, experiment: str, lines: AsyncIterator[bytes]) -> None:
        """Record *lines*; say in the log what could not be.

        Raise `UnavailableError` if the records are away: then read the spool again.
        """
        report = await self.read(experiment, lines)
        if report.passed_over:
            log.warning(
                "%d of %d spooled lines of %s were passed over: %s",
                report.passed_over,
                report.lines,
                experiment,
                "; ".join(report.faults),
            )

    async def read(self, experiment: str, lines: AsyncIterator[bytes]) -> SpoolReport:
        """Record *lines* and report; see `ingest_spool`."""
        report = SpoolReport()
        batches: list[MetricBatch] = []
        points = 0
        try:
            async for line in lines:
                report.lines += 1
                if report.lines > MOST_LINES:
                    report.fault(f"there are more than {MOST_LINES} lines")
                    break
                said = self._said(experiment, line, report)
                if not isinstance(said, MetricBatch):
                    await self._annotate(experiment, said, report)
                    continue
                if batches and (points + len(said.points) > MOST_POINTS or len(batches) == _TOGETHER):
                    await self._record(batches, report)
                    batches, points = [], 0
                batches.append(said)
                points += len(said.points)
            await self._record(batches, report)
        except NotFoundError as error:  # deleted meanwhile: nobody will ask for the rest
            report.fault(error)
        return report

    def _said(self, experiment: str, line: bytes, report: SpoolReport) -> Said | None:
        try:
            return read_line(experiment, line)
        except InvalidError as error:
            report.fault(error)
            return None

    async def _record(self, batches: list[MetricBatch], report: SpoolReport) -> None:
        if not batches:
            return
        for outcome in await self._recorder.record_all(batches):
            if isinstance(outcome, NotFoundError):
                raise outcome
            if isinstance(outcome, Accepted):
                report.accepted += outcome.accepted
                report.duplicates += outcome.duplicate
            else:
                report.fault(outcome)

    async def _annotate(
        self, experiment: str, said: ParamsSaid | TagsSaid | None, report: SpoolReport
    ) -> None:
        if said is None:
            return
        try:
            async with self._records.begin() as tx:
                if isinstance(said, TagsSaid):
                    await tx.metadata.change_tags(experiment, said.add, said.remove)
                elif recorded := await tx.metadata.set_params(experiment, said.params):
                    raise disagreement(said.params, recorded)
            reach("spool.annotated")
        except (NotFoundError, UnavailableError, BusyError):
            raise
        except SubmarineError as error:
            report.fault(error)
