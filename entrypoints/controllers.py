"""Every controller of the REST API, over the managers it speaks for."""

from __future__ import annotations

from submarine.entrypoints.composition import Application
from submarine.entrypoints.http.callers import Callers
from submarine.entrypoints.http.resources.artifacts import ArtifactsController
from submarine.entrypoints.http.resources.audit import AuditController
from submarine.entrypoints.http.resources.clusters import ClustersController
from submarine.entrypoints.http.resources.code import CodeController
from submarine.entrypoints.http.resources.events import EventsController
from submarine.entrypoints.http.resources.experiments import ExperimentsController
from submarine.entrypoints.http.resources.metrics import MetricsController
from submarine.entrypoints.http.resources.params_tags import ParamsTagsController
from submarine.entrypoints.http.resources.projects import ProjectsController
from submarine.entrypoints.http.resources.sessions import SessionsController
from submarine.entrypoints.http.resources.site import SiteController
from submarine.entrypoints.http.resources.teams import TeamsController
from submarine.entrypoints.http.resources.tokens import TokensController
from submarine.entrypoints.http.resources.users import UsersController
from submarine.entrypoints.settings import Settings


def controllers(app: Application, settings: Settings) -> list[object]:
    """Return them in the order in which their routes are matched and documented."""
    access = app.access()
    frameworks = tuple(app.registry().frameworks)
    return [
        ExperimentsController(app.experiments(), frameworks, settings.limits.spec),
        MetricsController(app.metadata()),
        ParamsTagsController(app.metadata()),
        ArtifactsController(app.artifacts()),
        EventsController(app.feed(), app.experiments(), access.doors),
        CodeController(app.code()),
        ClustersController(app.clusters()),
        SessionsController(access.login, Callers(map(str, settings.server.trusted_proxies))),
        ProjectsController(access.projects),
        TeamsController(access.teams),
        UsersController(access.users),
        TokensController(access.tokens, access.doors),
        AuditController(access.trail),
        SiteController(app.registry()),
    ]
