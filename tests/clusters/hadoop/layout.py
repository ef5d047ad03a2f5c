"""Make the folders that a cluster is expected to have: ``layout.py RUN_DIR``; ``nodes`` waits for those."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HERE: dict[str, Any] = json.loads((Path(sys.argv[1]) / "endpoints.json").read_text())
SECURE = HERE["profile"] == "secure"
PATIENCE = 180.0
OK = 200


def call(method: str, url: str) -> tuple[int, str]:
    """Return status and body, asked by curl, which speaks SPNEGO."""
    ticket = ["--negotiate", "-u", ":"] if SECURE else []
    command = ["curl", "-skL", "--max-time", "20", "-X", method, "-w", "\n%{http_code}", *ticket, url]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    body, _, status = said.rpartition("\n")
    return int(status or 0), body


def until(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            sys.exit(f"error: waited {PATIENCE:g} s for {what}")
        time.sleep(0.3)


def told(operation: str, path: str, **query: str) -> bool:
    asked = urlencode({"op": operation, **({} if SECURE else {"user.name": "root"}), **query})
    return any(call("PUT", f"{url}/webhdfs/v1{path}?{asked}")[0] == OK for url in HERE["namenodes"])


def folder(path: str, owner: str, mode: str) -> None:
    until(f"the folder {path}", lambda: told("MKDIRS", path))
    until(f"the rights on {path}", lambda: told("SETPERMISSION", path, permission=mode))
    until(f"the owner of {path}", lambda: told("SETOWNER", path, owner=owner))


def nodes() -> bool:
    for url in HERE["resourcemanagers"]:
        status, body = call("GET", f"{url}/ws/v1/cluster/metrics")
        if status == OK and body.startswith("{") and json.loads(body)["clusterMetrics"]["activeNodes"] == 2:
            return True
    return False


if "nodes" in sys.argv:
    until("two NodeManagers to register", nodes)
else:
    folder("/tmp", "root", "1777")
    folder("/user", "root", "755")
    folder("/yarn", "root", "755")
    folder("/yarn/logs", "root", "1777")
    folder("/yarn/staging", "root", "1777")
    # The masters of services of all users run as root here, and share what is each user's own elsewhere.
    for path in ("/tmp/hadoop-root", "/tmp/hadoop-root/.yarn", "/tmp/hadoop-root/.yarn/services"):
        folder(path, "root", "1777")
    for user in HERE["users"]:
        folder(f"/user/{user}", user, "700")
