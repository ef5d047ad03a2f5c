"""The forms a workload can take on YARN: a small table of strategies, the first that is offered is taken."""

from __future__ import annotations

from typing import Final

from submarine.adapters.yarn.capacity import Seen
from submarine.adapters.yarn.config import AUTO, YarnConfig
from submarine.adapters.yarn.forms.form import Form
from submarine.adapters.yarn.forms.service import Service
from submarine.adapters.yarn.forms.shell import Shell

FORMS: Final[tuple[Form, ...]] = (Service(), Shell())


def choose(config: YarnConfig, seen: Seen) -> Form:
    """Return the form of workloads on a cluster of which this was *seen*, unless *config* names one."""
    if config.form != AUTO:
        return named(config.form)
    return next((form for form in FORMS if form.offered(seen)), FORMS[0])


def note(config: YarnConfig, seen: Seen) -> str:
    """Return which form is taken, for an operator."""
    said = choose(config, seen).note(asked=config.form != AUTO)
    return f"{said}, each as who submits it" if config.personal else said


def told(config: YarnConfig, seen: Seen) -> str:
    """Return which form a workload takes, and why, for everybody who sees it."""
    return choose(config, seen).told(asked=config.form != AUTO)


def named(name: str) -> Form:
    """Return the form called *name*, that of an attempt submitted earlier."""
    return next((form for form in FORMS if form.name == name), FORMS[0])


def typed(kind: str) -> Form:
    """Return the form whose applications are of the type *kind* to YARN."""
    return next((form for form in FORMS if form.type == kind), FORMS[0])
