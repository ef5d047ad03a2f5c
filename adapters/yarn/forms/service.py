"""A workload as a service of YARN's own services framework."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import msgspec

from submarine.adapters.yarn import acting, definitions, job, names, service
from submarine.adapters.yarn.cache import Attempt, Who
from submarine.adapters.yarn.capacity import NO_SERVICES, Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import SERVICE, App, Exit
from submarine.adapters.yarn.records import Plan
from submarine.adapters.yarn.script import script
from submarine.adapters.yarn.starting import Starter
from submarine.core.errors import UnavailableError
from submarine.core.workloads.workload import Workload, WorkloadKind


class Service:
    """A YARN service: components and instances, and a new container for every one that ends."""

    name: str = service.FORM
    type: str = SERVICE
    signal: str = "GRACEFUL_SHUTDOWN"
    shared_kit: bool = True

    def offered(self, seen: Seen) -> bool:
        """Suit every cluster that does not say that it has no services API."""
        return seen.services is not False

    def note(self, *, asked: bool) -> str:
        """Say so."""
        return "jobs run as YARN services, as the settings say" if asked else "jobs run as YARN services"

    def told(self, *, asked: bool) -> str:
        """Say so."""
        return "as a YARN service, as the settings say" if asked else "as a YARN service"

    def refusal(self, workload: Workload, config: YarnConfig, seen: Seen) -> str | None:  # noqa: ARG002
        """Refuse names that YARN takes for no service or component."""
        if not self.offered(seen):
            return NO_SERVICES
        if not workload.name[:1].isalpha():
            return f"the name {workload.name} does not begin with a letter, as names of YARN services do"
        wanted = Counter(names.component(role.name) for role in workload.roles)
        name, count = wanted.most_common(1)[0]
        return f"two of its roles would be called {name}" if count > 1 else None

    def files(self, workload: Workload, config: YarnConfig) -> Mapping[str, bytes]:
        """Return the launchers' document, and a script for each role."""
        return {
            names.JOB: msgspec.json.encode(job.document(config, workload, acting.owner(config, workload))),
            **{
                names.script(role.name): script(workload.name, role.name, config.python).encode()
                for role in workload.roles
            },
        }

    async def start(self, cluster: Cluster, workload: Workload, attempt: Attempt) -> None:
        """Start the service, and then give it its priority."""
        spec = service.spec(cluster.config, workload)
        await Starter(cluster.manager, cluster.files).start(workload.name, spec, attempt.owner)
        if workload.priority:
            app = await cluster.manager.application(workload.name, attempt.owner)
            if app is not None:
                await cluster.manager.prioritise(app.id, workload.priority, attempt.owner)

    async def resize(self, manager: Manager, files: Files, attempt: Attempt, plan: Plan) -> None:
        """Change the numbers of containers of the components; a master that starts again knows them."""
        sizes = {names.component(role.name): role.replicas for role in plan.roles}
        if names.SERVICE not in attempt.files:
            await definitions.keep(files, attempt.handle, attempt.owner)
        try:
            await manager.resize_service(attempt.handle, sizes, attempt.owner)
        except UnavailableError:
            await definitions.mend(files, attempt.handle, attempt.owner)
            raise

    async def made(self, cluster: Cluster, app: App) -> bool:
        """Look into what YARN keeps of the service."""
        return await cluster.files.services.started(app.name, app.user)

    def unheard(self, attempt: Attempt, plan: Plan) -> Mapping[Who, Exit]:
        """Tell roles apart by the priority of their containers, and take the newest first."""
        if plan.kind == WorkloadKind.SERVICE and not attempt.app_over():
            return {}  # YARN starts others in their place
        silent: dict[str, list[Exit]] = defaultdict(list)
        for found in attempt.silent():
            if 0 <= found.priority < len(plan.roles):
                silent[plan.roles[found.priority].name].append(found)
        unborn = [who for who in plan.replicas() if who not in attempt.runs]
        return {who: silent[who[0]].pop(0) for who in unborn if silent[who[0]]}

    def replaces(self, plan: Plan, found: Exit | None) -> bool:  # noqa: ARG002 - the protocol's
        """Let another container take the place of any."""
        return True
