"""What every keeper of records promises: each sentence of the stores, as a test that strangers run."""

from __future__ import annotations

from submarine.contracts.records.annotations import Annotations
from submarine.contracts.records.answers import Answers
from submarine.contracts.records.artifacts import Artifacts
from submarine.contracts.records.attempts import Attempts
from submarine.contracts.records.audit import Audit
from submarine.contracts.records.clusters import Clusters
from submarine.contracts.records.events import Events
from submarine.contracts.records.experiments import Experiments
from submarine.contracts.records.jobs import Jobs
from submarine.contracts.records.leases import Leases
from submarine.contracts.records.metrics import Metrics
from submarine.contracts.records.opening import Opening
from submarine.contracts.records.outages import Outages
from submarine.contracts.records.projects import Projects
from submarine.contracts.records.queues import Queues
from submarine.contracts.records.teams import Teams
from submarine.contracts.records.tokens import Tokens
from submarine.contracts.records.transactions import Transactions
from submarine.contracts.records.users import Users

__all__ = ["RecordsContract"]


class RecordsContract(
    Transactions,
    Opening,
    Outages,
    Users,
    Teams,
    Projects,
    Tokens,
    Audit,
    Answers,
    Jobs,
    Queues,
    Attempts,
    Leases,
    Events,
    Clusters,
    Experiments,
    Metrics,
    Annotations,
    Artifacts,
):
    """Subclass, set ``adapter`` and return ``options``; see `RecordsKit` for what may be tuned.

    ::

        class TestOracleRecords(RecordsContract):
            adapter = "oracle"
    """
