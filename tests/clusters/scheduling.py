"""One worker for each kind of cluster: tests of one share it and kill its programs; others run beside."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class OneWorkerACluster(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Tests in one folder are one unit of work, in their order.

    With the long ones all are one: some of those want clusters of both kinds.
    """

    @override
    def _split_scope(self, nodeid: str) -> str:
        if "not chaos" not in self.config.option.markexpr:
            return "all"
        return str(PurePosixPath(nodeid.partition("::")[0]).parent)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneWorkerACluster | None:
    """Schedule by folder what is asked for with ``--dist loadscope``, as ``make test-clusters`` does."""
    return OneWorkerACluster(config, log) if config.getvalue("dist") == "loadscope" else None
