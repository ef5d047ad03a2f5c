"""The forms a workload can take on a cluster: a small table of strategies, the first that suits is taken."""

from __future__ import annotations

from typing import Final

from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.forms.form import Form, Installed
from submarine.adapters.kubernetes.forms.indexed_job import IndexedJob
from submarine.adapters.kubernetes.forms.job_set import JobSet
from submarine.adapters.kubernetes.forms.jobs_by_role import JobsByRole
from submarine.adapters.kubernetes.forms.service import Service
from submarine.adapters.kubernetes.forms.train_job import TrainJob
from submarine.adapters.kubernetes.forms.training_operator import TRAINING_OPERATOR
from submarine.core.errors import InvalidError
from submarine.core.workloads.workload import Workload

FORMS: Final[tuple[Form, ...]] = (
    Service(),
    TrainJob(),
    *TRAINING_OPERATOR,
    IndexedJob(),
    JobSet(),
    JobsByRole(),
)
_BY_NAME: Final = {form.name: form for form in FORMS}


def choose(workload: Workload, config: KubernetesConfig, installed: Installed) -> tuple[Form, str]:
    """Return the form of *workload* on a cluster where *installed* is there, and why it is that one.

    Raise `InvalidError` if none of those that *config* allows suits.
    """
    for form in FORMS:
        if form.asked and not config.operators:
            continue
        if config.forms is not None and form.name not in config.forms:
            continue
        if form.needs not in installed | {""}:
            continue
        if why := form.suits(workload):
            return form, why
    allowed = ", ".join(config.forms or ())
    raise InvalidError(f"it suits none of the forms that this cluster allows: {allowed}")


def named(name: str) -> Form:
    """Return the form called *name*, that of an attempt submitted earlier."""
    return _BY_NAME.get(name, FORMS[-1])
