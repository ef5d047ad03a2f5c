"""Every controller of the REST API, over the managers it speaks for."""

from __future__ import annotations

from submarine.entrypoints.composition import Application
from submarine.entrypoints.http.resources.clusters import ClustersController
from submarine.entrypoints.http.resources.code import CodeController
from submarine.entrypoints.http.resources.events import EventsController
from submarine.entrypoints.http.resources.experiments import ExperimentsController
from submarine.entrypoints.http.resources.site import SiteController
from submarine.entrypoints.settings import Settings


def controllers(app: Application, settings: Settings) -> list[object]:
    """Return them in the order in which their routes are matched and documented."""
    frameworks = tuple(app.registry().frameworks)
    return [
        ExperimentsController(app.experiments(), frameworks, settings.limits.spec),
        EventsController(app.feed(), app.experiments(), app.access().doors),
        CodeController(app.code()),
        ClustersController(app.clusters()),
        SiteController(app.registry()),
    ]
