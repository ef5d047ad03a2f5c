"""One connection from a job to the server, by the standard library alone."""

from __future__ import annotations

import enum
import http.client
import json
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from submarine.entrypoints.sdk.addresses import Choice, split
from submarine.entrypoints.sdk.retries import AWAY
from submarine.entrypoints.sdk.tracking.job import CurrentExperiment
from submarine.entrypoints.sdk.tracking.lines import Record

_TIMEOUT: Final = 10.0
_REFUSED: Final = frozenset({401, 403, 404})
_WRONG: Final = frozenset({400, 409, 413, 415, 422})
_POINT: Final = re.compile(r"^points[.\[](\d+)")


class Verdict(enum.Enum):
    """What became of a request."""

    DONE = "done"
    WRONG = "wrong"
    """It will never be taken; go on with the next."""
    REFUSED = "refused"
    """The token or the experiment is no longer known."""
    LATER = "later"
    """The server is away or busy."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict, and why."""

    verdict: Verdict
    why: str = ""
    retry_after: float = 0.0
    problem: Any = None


class Sender:
    """Sends records of one experiment; not thread-safe, each thread has its own."""

    def __init__(self, job: CurrentExperiment) -> None:
        self._servers = Choice(split(job.url))
        self._path = f"/api/v1/experiments/{quote(job.id, safe='')}"
        self._token = job.token
        self._connection: http.client.HTTPConnection | None = None

    def send(self, record: Record) -> Outcome:
        """Send one *record*; points the server names as wrong are left out of a second attempt."""
        body = {k: v for k, v in record.items() if k != "kind"}
        method = "POST" if record["kind"] == "metrics" else "PATCH"
        outcome = self._json(method, f"/{record['kind']}", body)
        if outcome.verdict is Verdict.WRONG and (bad := _bad_points(outcome.problem)):
            good = [p for i, p in enumerate(record["points"]) if i not in bad]
            if good and len(good) < len(record["points"]):
                again = self._json(method, "/metrics", {**body, "points": good})
                return again if again.verdict is not Verdict.DONE else outcome
        return outcome

    def put(self, path: str, blocks: Iterable[bytes], size: int) -> Outcome:
        """Store an artifact of *size* bytes as *path*."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        return self._request("PUT", f"/artifacts/{quote(path)}", headers, blocks)

    def _json(self, method: str, path: str, body: Any) -> Outcome:
        data = json.dumps(body, allow_nan=False).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        if method == "POST":  # the same batch has the same key, whichever attempt or process sends it
            headers["Idempotency-Key"] = f"{body['writer']}-{body['sequence']}-{len(body['points'])}"
        return self._request(method, path, headers, [data])

    def _request(self, method: str, path: str, headers: dict[str, str], blocks: Iterable[bytes]) -> Outcome:
        fresh = self._connection is None
        try:
            connection = self._connected()
            base = urlsplit(self._servers.address).path
            connection.putrequest(method, base + self._path + path)
            for name, value in {**headers, "Authorization": f"Bearer {self._token}"}.items():
                connection.putheader(name, value)
            connection.endheaders()
            for block in blocks:
                connection.send(block)
            response = connection.getresponse()
            body = response.read(1 << 20)
            if response.will_close or not response.isclosed():
                self.close()
            if response.status in AWAY:
                self._go_on()
            else:
                self._servers.answered()
            return _outcome(response.status, response.getheader("Retry-After"), body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # A kept connection that the server closed meanwhile says nothing about the server.
            pause = 0.0 if fresh else 0.01
            if fresh:
                self._go_on()
            return Outcome(Verdict.LATER, f"{type(error).__name__}: {error}", pause)

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self._servers.address)
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = connection
        return self._connection

    def _go_on(self) -> None:
        """Let the next request go to the next server."""
        self._servers.failed(self._servers.address)
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _outcome(status: int, retry_after: str | None, body: bytes) -> Outcome:
    if status < 300:  # noqa: PLR2004
        return Outcome(Verdict.DONE)
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    detail = problem.get("detail") if isinstance(problem, dict) else None
    why = str(detail or f"status {status}")
    if status in _REFUSED:
        return Outcome(Verdict.REFUSED, why, problem=problem)
    if status in _WRONG:
        return Outcome(Verdict.WRONG, why, problem=problem)
    try:
        pause = max(0.0, float(retry_after or 0))
    except ValueError:
        pause = 0.0
    return Outcome(Verdict.LATER, why, pause, problem)


def _bad_points(problem: Any) -> set[int]:
    errors = problem.get("errors") if isinstance(problem, dict) else None
    fields = [str(e.get("field")) for e in errors or () if isinstance(e, dict)]
    return {int(m[1]) for f in fields if (m := _POINT.match(f))}
