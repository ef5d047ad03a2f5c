"""Takes away what makes an attempt's pods, and leaves the pods, for their output goes when they go.

Deleted so that what they own stays (``Orphan``), Jobs, JobSets and TrainJobs leave their pods. The training
operator's jobs would leave Services too, and mpirun's account with its rights, that nobody deletes any more:
of these the pods are made the parent's instead, and all else goes with the job.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto
from typing import Any, Final

from submarine.adapters.kubernetes import forms, parents
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.forms.form import Form
from submarine.adapters.kubernetes.installed import Groups
from submarine.adapters.kubernetes.kinds import PODS
from submarine.adapters.kubernetes.names import HANDLE
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.parents import Parent
from submarine.adapters.kubernetes.queues import belongs, kind_of
from submarine.core.errors import AdapterError, NotFoundError

log = logging.getLogger(__name__)

_STAY: Final = "Orphan"
_GO: Final = "Background"


class Taken(Enum):
    """How far it has come: something may make pods still, or is about to go, or nothing is there."""

    BEGUN = auto()
    GOING = auto()
    GONE = auto()


class Taking:
    """Takes away, as often as it is asked to."""

    def __init__(self, api: Api, groups: Groups) -> None:
        self._api = api
        self._groups = groups

    async def take(self, parent: Parent) -> Taken:
        """Go on to take away what makes pods of *parent*; return how far that has come.

        One after the other, from the top: until it is gone, each makes anew what is missing below it.
        """
        if parent.plan is None:
            return Taken.GONE
        form = forms.named(parent.plan.form)
        selector = f"{HANDLE}={parent.handle}"
        there = [kind for kind in form.kinds if (await self._api.list(kind, selector=selector))[0]]
        if there and form.claims:
            await self._detach(parent, form, selector)
        for kind in there[:1]:
            policy = _GO if form.claims else _STAY
            await self._api.delete_all(kind, selector, propagationPolicy=policy)
        if len(there) > 1:
            return Taken.BEGUN
        await self.leave_queue(parent)
        return Taken.GOING if there else Taken.GONE

    async def leave_queue(self, parent: Parent) -> None:
        """Let Kueue have the room back: a Workload without the owner that it stood for would hold it on."""
        if parent.plan is None or not parent.plan.queued:
            return
        if (kind := kind_of(await self._groups.found())) is None:
            return
        for queued in (await self._api.list(kind))[0]:
            if not belongs(queued, parent.handle):
                continue
            try:
                await self._api.delete(kind, queued.metadata.name)
            except NotFoundError:
                continue
            except AdapterError as error:
                log.warning("Kueue goes on to hold room for %s, which needs none: %s", parent.handle, error)
                return

    async def _detach(self, parent: Parent, form: Form, selector: str) -> None:
        """Make the pods the parent's own, and unknown to their controller."""
        pods, _ = await self._api.list(PODS, selector=selector)
        await asyncio.gather(*(self._adopt(parent, form, pod) for pod in pods))

    async def _adopt(self, parent: Parent, form: Form, pod: Pod) -> None:
        if form.claims not in pod.metadata.labels or pod.metadata.deletion_timestamp is not None:
            return
        metadata: dict[str, Any] = {
            "uid": pod.metadata.uid,
            "ownerReferences": [parents.owner(parent)],
            "labels": {form.claims: None},
        }
        try:
            await self._api.patch(PODS, pod.metadata.name, {"metadata": metadata})
        except NotFoundError:
            return
