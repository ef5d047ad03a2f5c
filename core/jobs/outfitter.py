"""Makes the workload of an attempt: the spec, and what only the server can add."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from submarine.core.errors import InvalidError
from submarine.core.jobs.job import Job
from submarine.core.jobs.spec import CodeArchive
from submarine.core.jobs.workload_of import to_workload
from submarine.core.ports.object_store import ObjectStore
from submarine.core.workloads.rendezvous import Framework
from submarine.core.workloads.workload import Archive, Source, Workload, handle_of

Mint = Callable[[str, int], str]
"""Returns the token of (job, attempt)."""


def code_key(project: str, digest: str) -> str:
    """Return where the code archive *digest* of *project* (an id) rests in the object store."""
    return f"code/{project}/{digest}.tar.gz"


class Outfitter:
    """Adds code, token, address and labels to specs."""

    def __init__(
        self,
        store: ObjectStore,
        frameworks: Mapping[str, Framework],
        mint: Mint,
        url: Callable[[], str],
        server: str,
    ) -> None:
        self._store = store
        self._frameworks = frameworks
        self._mint = mint
        self._url = url
        self._server = server

    @property
    def frameworks(self) -> Mapping[str, Framework]:
        """What ``framework`` may name."""
        return self._frameworks

    def outfit(self, job: Job, attempt: int) -> Workload:
        """Return the workload of *attempt* of *job*, the same each time: it may be submitted twice."""
        framework = self._frameworks.get(job.spec.framework)
        if framework is None:
            offered = ", ".join(sorted(self._frameworks))
            raise InvalidError.of("framework", f"no plugin knows {job.spec.framework!r}", f"one of {offered}")
        env = {
            "SUBMARINE_URL": self._url(),
            "SUBMARINE_EXPERIMENT": job.id,
            "SUBMARINE_PROJECT": job.project,
            "SUBMARINE_ATTEMPT": str(attempt),
        }
        return to_workload(
            job.spec,
            name=handle_of(job.id, attempt),
            job=job.id,
            attempt=attempt,
            kind=job.workload,
            user=job.created_by,
            framework=framework,
            source=self._source(job),
            env=env,
            secrets={"SUBMARINE_TOKEN": self._mint(job.id, attempt)},
            labels={
                "submarine/server": self._server,
                "submarine/job": job.id,
                "submarine/attempt": str(attempt),
                "submarine/project": job.project,
            },
        )

    def _source(self, job: Job) -> Source | None:
        source = job.spec.source
        if not isinstance(source, CodeArchive):
            return source
        key = code_key(job.project, source.digest)

        def read() -> AsyncIterator[bytes]:
            return self._store.get(key)

        url = f"{self._url()}/api/v1/experiments/{job.id}/code"
        return Archive(digest=source.digest, size=source.size, read=read, url=url)
