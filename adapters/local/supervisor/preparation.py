"""Makes code and packages ready, once for all replicas of a workload."""

from __future__ import annotations

import fcntl
import os
import traceback
from collections.abc import Mapping
from typing import Any

from submarine.adapters.local import documents
from submarine.adapters.local.layout import Attempt
from submarine.core.preparation.errors import PreparationError


def needed(plan: Mapping[str, Any]) -> bool:
    """Tell whether there is anything to make ready."""
    return plan["source"] is not None or bool(plan["packages"])


def prepare(attempt: Attempt, plan: Mapping[str, Any]) -> int:
    """Make the workload ready, or wait for a sibling that does; return the exit code of this process.

    The outcome is in ``prepared.json``: ``folder`` below the code, ``environment``, or ``problem``.
    """
    lock = os.open(attempt.prepare_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    done = documents.read(attempt.prepared)
    if done is None:
        try:
            done = _make_ready(attempt, plan)
        except PreparationError as error:
            done = {"problem": str(error)}
        except Exception as error:  # noqa: BLE001 - the owner sees it in the log and in the reason
            traceback.print_exc()
            done = {"problem": f"preparation broke: {error!r}"}
        documents.write(attempt.prepared, done)
    return 1 if done.get("problem") else 0


def _make_ready(attempt: Attempt, plan: Mapping[str, Any]) -> documents.Document:
    done: documents.Document = {"folder": "."}
    source = plan["source"]
    if source is not None and source["kind"] == "archive":
        from submarine.core.preparation.archive import unpack

        unpack(attempt.archive, attempt.code, plan["code_limit"])
    elif source is not None:
        from submarine.core.preparation.git import checkout

        checkout(source["url"], source["ref"], attempt.code)
        done["folder"] = inside(attempt.code, source["path"])
    if plan["packages"]:
        from submarine.adapters.local.supervisor.packages import environment

        done["environment"] = environment(plan["environments"], plan["interpreter"], plan["packages"])
    return done


def inside(root: str, path: str) -> str:
    """Return *path* relative to *root*, which it must not leave, and be a folder."""
    real = os.path.realpath(os.path.join(root, path))
    below = os.path.relpath(real, os.path.realpath(root))
    if below.split(os.sep)[0] == os.pardir or not os.path.isdir(real):
        raise PreparationError(f"no folder {path!r} in the code")
    return below
