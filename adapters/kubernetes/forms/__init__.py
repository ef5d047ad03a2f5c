"""The forms a workload can take on a cluster: a small table of strategies, the first that suits is taken."""

from __future__ import annotations

from typing import Final

from submarine.adapters.kubernetes.forms.form import Form, Installed
from submarine.adapters.kubernetes.forms.indexed_job import IndexedJob
from submarine.adapters.kubernetes.forms.jobs_by_role import JobsByRole
from submarine.adapters.kubernetes.forms.service import Service
from submarine.core.workloads.workload import Workload

FORMS: Final[tuple[Form, ...]] = (Service(), IndexedJob(), JobsByRole())


def choose(workload: Workload, installed: Installed) -> tuple[Form, str]:
    """Return the form of *workload* on a cluster where *installed* is there, and why it is that one."""
    for form in FORMS:
        if why := form.suits(workload, installed):
            return form, why
    raise AssertionError("the last form suits every batch, the first every service")


def named(name: str) -> Form:
    """Return the form called *name*, that of an attempt submitted earlier."""
    return next((form for form in FORMS if form.name == name), FORMS[-1])
