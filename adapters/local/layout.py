"""Where everything lies in the data directory; used by the server and by supervisors.

::

    identity                    a number that tells this directory from every other
    format                      says that this is our directory, and which layout
    lock                        held while room is given away
    workloads/<handle>/         one attempt: plan.json, secrets.json, cancel.json, stop.json, suspend,
                                verdict.json, prepared.json, code/, output/, replicas/<role>-<index>/
    changes/<handle>            touched at each change, for those who watch
    tombstones/<handle>         cancelled or removed: never to be started
    declined/<handle>           submitted in spite of its tombstone
    environments/<digest>/      virtual environments by what they hold
    incoming/  trash/           half made and half deleted
"""

from __future__ import annotations

import os

FORMAT = "1"


class Replica:
    """The files of one replica."""

    def __init__(self, attempt: str, name: str) -> None:
        self.name = name
        self.path = path = os.path.join(attempt, "replicas", name)
        self.state = os.path.join(path, "state.json")
        self.lock = os.path.join(path, "lock")
        self.log = os.path.join(path, "log")
        self.diary = os.path.join(path, "supervisor.log")
        self.spool = os.path.join(path, "spool")


class Attempt:
    """The files of one workload."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = os.path.basename(path)
        self.plan = os.path.join(path, "plan.json")
        self.secrets = os.path.join(path, "secrets.json")
        self.cancel = os.path.join(path, "cancel.json")
        self.stop = os.path.join(path, "stop.json")
        self.suspend = os.path.join(path, "suspend")
        self.verdict = os.path.join(path, "verdict.json")
        self.prepared = os.path.join(path, "prepared.json")
        self.prepare_lock = os.path.join(path, "prepare.lock")
        self.archive = os.path.join(path, "code.tar.gz")
        self.code = os.path.join(path, "code")
        self.output = os.path.join(path, "output")
        self.change = os.path.join(os.path.dirname(os.path.dirname(path)), "changes", self.name)

    def replica(self, name: str) -> Replica:
        """Return the files of replica *name* (``worker-0``)."""
        return Replica(self.path, name)

    def announce(self) -> None:
        """Tell those who watch that something changed; they look again by themselves if this fails."""
        try:
            os.close(os.open(self.change, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        except OSError:
            return


class DataDirectory:
    """The whole of it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.identity = os.path.join(path, "identity")
        self.format = os.path.join(path, "format")
        self.lock = os.path.join(path, "lock")
        self.workloads = os.path.join(path, "workloads")
        self.changes = os.path.join(path, "changes")
        self.tombstones = os.path.join(path, "tombstones")
        self.declined = os.path.join(path, "declined")
        self.environments = os.path.join(path, "environments")
        self.incoming = os.path.join(path, "incoming")
        self.trash = os.path.join(path, "trash")
        self.bin = os.path.join(path, "bin")

    @property
    def folders(self) -> tuple[str, ...]:
        """Return what must be there before anything else."""
        return (
            self.workloads,
            self.changes,
            self.tombstones,
            self.declined,
            self.environments,
            self.incoming,
            self.trash,
            self.bin,
        )

    def attempt(self, handle: str) -> Attempt:
        """Return the files of the workload *handle*."""
        return Attempt(os.path.join(self.workloads, handle))

    def tombstone(self, handle: str) -> str:
        """Return the file that forbids *handle* to start."""
        return os.path.join(self.tombstones, handle)

    def refused(self, handle: str) -> str:
        """Return the file that says *handle* was submitted after its tombstone."""
        return os.path.join(self.declined, handle)

    def change(self, handle: str) -> str:
        """Return the file to touch when *handle* has changed."""
        return os.path.join(self.changes, handle)
