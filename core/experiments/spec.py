"""What an experiment is asked to be: a job with a name, a project, tags and parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from submarine.core.access.names import CONTROL
from submarine.core.jobs.faults import Faults, kind_of, plain, wrong
from submarine.core.jobs.interpolation import Scalar
from submarine.core.jobs.names import label, project_name, tag
from submarine.core.jobs.reading import read_job
from submarine.core.jobs.spec import JobSpec

KIND: Final = "experiment"
TAGS: Final = 50
DESCRIPTION: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSpec:
    """A valid experiment before anybody has accepted it.

    ``name`` None: the server makes one. ``project`` None: the default of the caller; else ``project``
    or ``team/project``.
    """

    job: JobSpec
    name: str | None = None
    project: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()

    @property
    def params(self) -> Mapping[str, Scalar]:
        """Return the parameters that are recorded, and there for the commands."""
        return self.job.params

    def document(self) -> dict[str, Any]:
        """Return the spec as plain JSON values, normalized: equal specs have equal documents."""
        said: dict[str, Any] = {"kind": KIND}
        if self.name:
            said["name"] = self.name
        if self.project:
            said["project"] = self.project
        if self.description:
            said["description"] = self.description
        if self.tags:
            said["tags"] = [*self.tags]
        return said | self.job.document()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ExperimentSpec:
        """Return the spec of a document that ``document`` made; no law is asked again."""
        return cls(
            job=JobSpec.from_document(document),
            name=document.get("name"),
            project=document.get("project"),
            description=document.get("description", ""),
            tags=tuple(document.get("tags", ())),
        )


def read_experiment(
    document: Mapping[str, Any], frameworks: Collection[str], faults: Faults
) -> ExperimentSpec:
    """Return the experiment that *document* describes; what is wrong goes to *faults*, all of it.

    As with ``read_job`` the shape is taken for granted, and the answer is valid only without faults.
    """
    name = faults.read("name", label, document["name"], None) if "name" in document else None
    project = (
        faults.read("project", project_name, document["project"], None) if "project" in document else None
    )
    description = faults.read("description", read_description, document.get("description", ""), "")
    tags = read_tags(document.get("tags", ()), faults)
    job = read_job(document, frameworks, faults)
    return ExperimentSpec(job=job, name=name, project=project, description=description, tags=tags)


def read_tags(value: Collection[Any], faults: Faults, field: str = "tags") -> tuple[str, ...]:
    """Return the tags of *value*, each once; what is wrong goes to *faults*."""
    if len(value) > TAGS:
        faults.add(field, f"lists {len(value)} tags", f"at most {TAGS}")
        return ()
    return tuple(dict.fromkeys([faults.read(f"{field}.{i}", tag, text, "") for i, text in enumerate(value)]))


def read_description(value: object) -> str:
    """Return *value* if it may describe an experiment, else raise ``InvalidError``."""
    if not isinstance(value, str):
        raise wrong(f"is {kind_of(value)}, not a text", "a text in quotes")
    if len(value) > DESCRIPTION:
        raise wrong(f"has {len(value)} characters", f"at most {DESCRIPTION}")
    plain(value)
    if odd := CONTROL.search(value):
        raise wrong(f"holds the control character {odd[0]!r}", "text, tabs and line breaks (\\n)")
    return value
