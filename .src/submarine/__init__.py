"""Submarine: one control plane for machine learning on any compute a company already has.

`Client` and `AsyncClient` talk to a server; `log_metric` and its sisters report from inside a job.
Each name is imported when it is first used, so that importing this costs next to nothing.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from submarine.entrypoints.sdk import errors as errors
    from submarine.entrypoints.sdk.aio.client import AsyncClient as AsyncClient
    from submarine.entrypoints.sdk.errors import ApiError as ApiError
    from submarine.entrypoints.sdk.errors import ClientError as ClientError
    from submarine.entrypoints.sdk.sync.client import Client as Client
    from submarine.entrypoints.sdk.tracking.api import current_experiment as current_experiment
    from submarine.entrypoints.sdk.tracking.api import flush as flush
    from submarine.entrypoints.sdk.tracking.api import log_artifact as log_artifact
    from submarine.entrypoints.sdk.tracking.api import log_metric as log_metric
    from submarine.entrypoints.sdk.tracking.api import log_metrics as log_metrics
    from submarine.entrypoints.sdk.tracking.api import log_params as log_params
    from submarine.entrypoints.sdk.tracking.api import set_tag as set_tag
    from submarine.entrypoints.sdk.tracking.api import set_tags as set_tags
    from submarine.entrypoints.sdk.tracking.job import CurrentExperiment as CurrentExperiment
    from submarine.entrypoints.sdk.values import Experiment as Experiment

__version__: Final = "0.1.0"

_HOMES: Final = {
    "aio.client": ("AsyncClient",),
    "errors": ("ApiError", "ClientError"),
    "sync.client": ("Client",),
    "tracking.api": (
        "current_experiment",
        "flush",
        "log_artifact",
        "log_metric",
        "log_metrics",
        "log_params",
        "set_tag",
        "set_tags",
    ),
    "tracking.job": ("CurrentExperiment",),
    "values": ("Experiment",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "errors":
        home, found = "errors", None
    elif name in _HOME_OF:
        home, found = _HOME_OF[name], name
    else:
        raise AttributeError(f"module 'submarine' has no attribute {name!r}; it has {', '.join(__dir__())}")
    from importlib import import_module

    module = import_module(f"submarine.entrypoints.sdk.{home}")
    value = module if found is None else getattr(module, found)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOME_OF, "__version__", "errors"])
