"""Takes orders for the size of services, and writes them where every server and launcher finds them."""

from __future__ import annotations

import logging

from submarine.adapters.yarn import forms, names, rendezvous
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Elastic
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.observing import Sight
from submarine.adapters.yarn.records import Scale
from submarine.adapters.yarn.steward import Steward
from submarine.core.errors import ConflictError, InvalidError, NotFoundError, SubmarineError
from submarine.core.workloads.scaling import sizes
from submarine.core.workloads.workload import Workload

log = logging.getLogger(__name__)


class Scaling:
    """Writes one document, which counts as soon as it is there."""

    def __init__(self, files: Files, look: Looking, steward: Steward) -> None:
        self._files = files
        self._looking = look
        self._steward = steward

    async def scale(self, workload: Workload, sight: Sight) -> None:
        """Have the service that is seen as *sight* be as large as *workload*."""
        attempt, plan = sight.attempt, sight.plan
        wanted = sizes(workload, plan.kind, [role.name for role in plan.roles])
        if not isinstance(forms.named(plan.form), Elastic):
            raise InvalidError(
                f"{workload.name} runs by the distributed shell, whose applications keep their size; "
                "a cluster with the services API can scale"
            )
        if sight.closed or attempt.cancel is not None or attempt.stop is not None:
            raise ConflictError(f"{workload.name} has ended, or is about to")
        if wanted != {role.name: role.replicas for role in plan.roles}:
            peers, variables = rendezvous.stand_ins(workload), rendezvous.variables(workload)
            order = Scale(dict(wanted), peers, variables)
            await self._files.write(attempt.handle, names.SCALE, order, attempt.owner)
        if (now := await self._looking.one(workload.name)) is None:
            raise NotFoundError(f"{workload.name} was removed just now")
        try:
            await self._steward.attend(now)
        except SubmarineError as error:  # the order stands, and is carried out when YARN takes it
            log.warning("YARN is not told yet of the size of %s: %s", workload.name, error)
        self._steward.changed(workload.name)
