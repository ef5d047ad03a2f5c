"""What a YARN cluster will never run, and why, in a few words."""

from __future__ import annotations

import re

from submarine.adapters.yarn import acting, forms
from submarine.adapters.yarn.capacity import Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.core.workloads.fitting import too_large
from submarine.core.workloads.soundness import unsound
from submarine.core.workloads.workload import Remote, Workload

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_SCHEMES = ("http://", "https://", "hdfs://", "/")


def refusal(workload: Workload, config: YarnConfig, seen: Seen) -> str | None:
    """Return why *workload* can never run on a cluster of which this was *seen*, None if it can."""
    return (
        unsound(workload)
        or acting.refusal(config, workload.user)
        or forms.choose(config, seen).refusal(workload, config, seen)
        or _content(workload, config)
        or too_large(workload, seen.nodes)
        or seen.queues.refusal(workload.queue or config.queue)
    )


def _content(workload: Workload, config: YarnConfig) -> str | None:
    if (image := workload.environment.image) is not None:
        if not config.docker:
            return (
                f"this cluster runs no images ({image}); an operator may set docker, if its nodes have Docker"
            )
        if not _IMAGE.fullmatch(image):
            return f"{image!r} is not the name of an image"
    for package in workload.environment.packages:
        if not package[:1].isalnum():
            return f"{package!r} is not the name of a package"
    if isinstance(workload.source, Remote) and not workload.source.uri.startswith(_SCHEMES):
        return (
            f"containers cannot fetch code from {workload.source.uri}; use hdfs, https or git, or upload it"
        )
    return None
