"""Brings a workload to the cluster, as often as it is asked for, and once."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from submarine.adapters.yarn import acting, forms, kit, names
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.capacity import Size
from submarine.adapters.yarn.forms.form import Cluster, Form
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.records import Plan, RolePlan
from submarine.adapters.yarn.steward import Steward
from submarine.core.errors import ConflictError, FullError, InvalidError, NotFoundError
from submarine.core.workloads.turns import Turns
from submarine.core.workloads.workload import Archive, Handle, Workload


class Submission:
    """Makes the attempt's folder first, whole or not at all, then starts what it describes."""

    def __init__(self, cluster: Cluster, size: Size, look: Looking, steward: Steward) -> None:
        self._cluster = cluster
        self._config = cluster.config
        self._manager = cluster.manager
        self._files = cluster.files
        self._size = size
        self._looking = look
        self._steward = steward
        self._turns = Turns()
        self._kit = kit.Kit(cluster.files, cluster.config.owner)

    async def submit(self, workload: Workload) -> None:
        """Submit *workload*; raise `InvalidError` if the cluster refuses it: then nothing is left."""
        async with self._turns.of(workload.name):
            await self._submit(workload)

    async def _submit(self, workload: Workload) -> None:
        user = acting.owner(self._config, workload)
        with acting.allowed(self._config, user):
            attempt = await self._found(workload, user)
        if attempt.plan is None and not attempt.damage:
            await self._decline(attempt)
            return
        if attempt.closing is not None or attempt.cancel is not None or attempt.runs:
            await self._obey(attempt)
            return
        await self._start(workload, attempt)
        await self._after(workload)

    async def _found(self, workload: Workload, user: str) -> Attempt:
        """Return the attempt of *workload*, which is made if it is not there; never one of another user's."""
        await self._spare(workload.name, user)
        attempt = await self._looking.one(workload.name)
        if attempt is None:
            await self._make(workload, user)
            await self._spare(workload.name, user)
            attempt = await self._looking.one(workload.name)
        if attempt is None:
            whose = await self._looking.stranger(workload.name)
            if whose is not None:
                raise InvalidError(self._in_the_way(workload.name, whose))
            raise InvalidError(f"{workload.name} was removed just now")
        if self._config.personal and attempt.plan is not None and attempt.owner != user:
            raise InvalidError(self._in_the_way(workload.name, attempt.owner))
        return attempt

    async def _spare(self, handle: Handle, user: str) -> None:
        """Raise `InvalidError` if the folder of *handle* is neither *user*'s nor ours, and read nothing."""
        folder = await self._files.folder(handle) if self._config.personal else None
        if folder is not None and folder.owner not in {user, self._config.me}:
            raise InvalidError(self._in_the_way(handle, folder.owner))

    def _in_the_way(self, handle: Handle, whose: str) -> str:
        path = f"{self._config.folder}/{handle}"
        return f"{path} on HDFS was made by {whose} and not for this job, which cannot have another's folder"

    async def _make(self, workload: Workload, user: str) -> None:
        """Write the folder aside, then move it to its place: who is second finds that of the first."""
        form = forms.choose(self._config, self._size.seen)
        files: dict[str, bytes | Archive] = {
            names.PLAN: msgspec.json.encode(_plan(workload, form, await self._seal(workload.name, user))),
            **form.files(workload, self._config),
        }
        if form.shared_kit and self._config.personal:
            files[kit.name()] = kit.content()  # what many can write to, nobody runs programs from
        if isinstance(workload.source, Archive):
            files[names.CODE] = workload.source
        with suppress(ConflictError):
            await self._files.bring_folder(workload.name, files, user)
        await self._remember(user)

    async def _seal(self, handle: Handle, user: str) -> str:
        return await self._looking.seals.seal(handle, user) if self._config.personal else ""

    async def _remember(self, user: str) -> None:
        """Write down that *user* has attempts: whoever clears up looks there when the last folder is gone."""
        if self._config.personal and user not in self._files.owners:
            await self._files.own(f"{names.OWNER}{user}", b"-")

    async def _start(self, workload: Workload, attempt: Attempt) -> None:
        plan = attempt.plan
        form = forms.named(plan.form) if plan is not None else forms.choose(self._config, self._size.seen)
        try:
            with acting.allowed(self._config, attempt.owner):
                await self._begin(form, workload, attempt)
        except (InvalidError, FullError):
            await self._files.delete(workload.name, attempt.owner)
            self._looking.forget(workload.name)
            raise

    async def _begin(self, form: Form, workload: Workload, attempt: Attempt) -> None:
        """Have YARN start it, with our programs where it finds them."""
        if form.shared_kit and self._config.personal:
            await self._bring_own(attempt)
        elif form.shared_kit:
            await self._kit.bring()  # here, as the folder may be that of an older server
        try:
            await form.start(self._cluster, workload, attempt)
        except InvalidError as error:
            if not form.shared_kit or self._config.personal or kit.name() not in str(error):
                raise
            await self._kit.bring(again=True)  # somebody has deleted them just now
            await form.start(self._cluster, workload, attempt)

    async def _bring_own(self, attempt: Attempt) -> None:
        """Put our programs into the folder of *attempt*, if that is one of an older server."""
        if kit.name() not in attempt.files:
            with suppress(ConflictError):
                await self._files.bring(f"{attempt.handle}/{kit.name()}", kit.content(), attempt.owner)

    async def _after(self, workload: Workload) -> None:
        """See to it that an end that was asked for meanwhile comes."""
        attempt = await self._looking.one(workload.name)
        if attempt is None:
            user = acting.owner(self._config, workload)
            for left in await self._manager.applications(workload.name, user):
                if not left.over:
                    await self._manager.kill(left.id, user)
            await self._files.services.forget(workload.name, user)
            return
        await self._obey(attempt)

    async def _obey(self, attempt: Attempt) -> None:
        if attempt.cancel is None:
            return
        attempt.app = await self._manager.application(attempt.handle, attempt.owner)
        await self._steward.attend(attempt)

    async def _decline(self, attempt: Attempt) -> None:
        with suppress(NotFoundError):
            await self._files.write(attempt.handle, names.DECLINED, {}, attempt.owner)
        attempt.declined = True


def _plan(workload: Workload, form: Form, seal: str) -> Plan:
    return Plan(
        roles=tuple(RolePlan(role.name, role.replicas, tuple(role.ports)) for role in workload.roles),
        success=str(workload.success),
        kind=str(workload.kind),
        form=form.name,
        grace=workload.grace,
        max_duration=workload.max_duration,
        labels=dict(workload.labels),
        seal=seal,
    )
