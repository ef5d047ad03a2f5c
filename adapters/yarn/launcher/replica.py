"""The life of one replica, from the first word in the attempt's folder to the last."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any, NamedTuple

from submarine.adapters.yarn import names
from submarine.adapters.yarn.launcher import claim, command, kin, preparation
from submarine.adapters.yarn.launcher.attendance import DEADLINE, TOLD, WAKING, Attendant
from submarine.adapters.yarn.launcher.orders import CANCELLED, FENCED, STOPPED, SURPLUS, Orders
from submarine.adapters.yarn.launcher.places import Addresses, Peers, Ports, filler
from submarine.adapters.yarn.launcher.spooled import Spooled
from submarine.adapters.yarn.launcher.staging import AwayError, GoneError, Names, Staging
from submarine.adapters.yarn.launcher.surroundings import SPOOL, Surroundings

UNPREPARED = "preparation-failed"
BROKEN = "launcher-broke"

_PATIENCE = 600.0
"""Seconds that HDFS may be away when something must be written there."""
_PAUSE = (0.2, 2.0)
_TERMINATED = 143
_WISHED = (CANCELLED, STOPPED, DEADLINE, FENCED, SURPLUS, TOLD)


class End(NamedTuple):
    """How it ended. ``told`` is False where nothing is to be written: YARN knows better, or nobody cares."""

    code: int | None
    cause: str = ""
    message: str = ""
    told: bool = True


class Replica:
    """Runs one replica once."""

    def __init__(self, job: Mapping[str, Any], staging: Staging, env: Mapping[str, str]) -> None:
        self._job = job
        self._staging = staging
        self._env = dict(env)
        self._role = next(role for role in job["roles"] if role["name"] == env["SUBMARINE_ROLE"])
        self._index = int(env["SUBMARINE_INDEX"])
        self._who = "{}-{}".format(self._role["name"], self._index)
        self._container = env[kin.MARK]
        self._root = os.getcwd()
        self._places = Surroundings(job, self._role, self._index, self._root)
        self._orders = Orders(staging, self._who, self._container, job["grace"])
        self._ports = Ports()
        self._named: dict[str, int] = {}
        self._started = _now()
        self.by_itself = True
        """Whether it ended without anybody's wish; known when it has run."""

    def run(self) -> int:
        """Run the replica; return the exit code of its command."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WAKING)
        kin.adopt_orphans()
        own = kin.Kin(self._container)
        self._attendant = Attendant(self._orders, own, self._job["poll"], self._job["grace"])
        try:
            end = self._live()
        except Exception as error:  # noqa: BLE001 - whatever broke, the replica must have an end
            traceback.print_exc(file=sys.stdout)
            own.kill()
            end = End(None, BROKEN, f"its launcher broke: {error!r}")
        self.by_itself = end.cause not in _WISHED
        if end.told:
            self._tell(end)
        self._linger()
        return (
            _TERMINATED if end.code is None and end.cause != BROKEN else (1 if end.code is None else end.code)
        )

    def _live(self) -> End:
        found = self._arrive()
        if self._orders.cause:
            return self._unborn()
        if not self._holds(found):
            return End(None, FENCED, "another application runs it", told=False)
        if self._job["kind"] != "service" and self._orders.begun(found):
            # Where an application master died YARN may start again what has ended meanwhile.
            return End(None, FENCED, "it has begun in another container", told=False)
        if self._orders.scale:  # who joins or starts again goes by those that there are now
            told = {key: self._orders.scale[key] for key in ("peers", "variables")}
            self._job = {**self._job, **told}
            self._places = Surroundings(self._job, self._role, self._index, self._root)
        self._places.make()
        address = self._address()
        if not self._staging.patiently(self._file(names.RUN), address, _PATIENCE):
            raise AwayError("HDFS does not take where it is")
        self._attendant.tells(lambda held: self._tell_held(address, held))
        return self._prepare() or self._execute(address)

    def _arrive(self) -> Names:
        """Return what is in the attempt's folder; nothing begins that may have been cancelled."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = self._orders.look(insisting=True)
            if found is not None or self._orders.cause:
                return found or {}
            if time.monotonic() > deadline:
                raise AwayError("HDFS does not tell whether it may begin")
            self._attendant.sleep(_PAUSE[1])

    def _holds(self, found: Names) -> bool:
        """Tell whether our application runs the attempt, and no other."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return claim.held(self._staging, found, names.application(self._container))
            except GoneError:
                return False
            except AwayError:
                if time.monotonic() > deadline:
                    raise
            self._attendant.sleep(_PAUSE[1])

    def _address(self) -> dict[str, Any]:
        wanted = self._role["ports"]
        self._named = {
            name: self._ports.take(port if self._index == 0 else 0) for name, port in wanted.items()
        }
        host = self._env.get("NM_HOST") or socket.getfqdn()
        return {
            "container": self._container,
            "host": host,
            "port": self._ports.take(),
            "node": "{}:{}".format(host, self._env.get("NM_HTTP_PORT", "")),
            "ports": self._named,
            "started": self._started,
        }

    def _tell_held(self, address: dict[str, Any], held: bool) -> bool:
        """Say that the command stands still, or goes on again; tell whether that was heard."""
        try:
            self._staging.write(self._file(names.RUN), {**address, "suspended": held})
        except AwayError:
            return False
        except GoneError:
            return True  # which the orders will say too
        return True

    def _prepare(self) -> End | None:
        if not preparation.needed(self._job):
            return None
        child = command.fork(lambda: preparation.prepare(self._job, self._places, self._staging))
        ending = self._attendant.attend(child, self._job["max_duration"])
        if ending.cause:
            return self._ended(ending.code, ending.cause, ending.message)
        if ending.code == 0:
            return None
        why = f"preparation ended with {ending.code}"
        if os.path.exists(self._places.at(preparation.PROBLEM)):
            with open(self._places.at(preparation.PROBLEM), encoding="utf-8") as file:
                why = file.read()
        return End(None, UNPREPARED, why)

    def _execute(self, address: Mapping[str, Any]) -> End:
        addresses = self._find(address)
        if addresses is None:
            return self._unborn()
        fill = filler(self._job["peers"], addresses)
        env = self._places.variables(self._env, self._named, fill)
        self._ports.release()
        child, problem = command.start(self._role["command"], env, self._places.folder())
        ending = self._attendant.attend(child, self._job["max_duration"])
        return self._ended(ending.code, ending.cause, ending.message or problem)

    def _find(self, own: Mapping[str, Any]) -> Addresses | None:
        """Wait until all have told where they are; None if the end comes first."""
        # A service that needs nobody's address waits for nobody: there may be no room for all of a new size.
        alone = self._job["kind"] == "service" and not self._job["variables"].get(self._who)
        if alone or len(self._job["peers"]) == 1:
            return {self._who: "{host}:{port}".format(**own)}
        peers = Peers(self._job, self._staging, self._who)
        pause = _PAUSE[0]
        while True:
            found = self._orders.look()
            if self._orders.cause or self._late():
                return None
            addresses = peers.find(found) if found is not None else None
            if addresses is not None:
                return addresses
            self._attendant.sleep(pause)
            pause = min(pause * 1.2, _PAUSE[1])

    def _late(self) -> bool:
        duration = self._job["max_duration"]
        return duration is not None and _now() - self._started > 1000 * duration

    def _linger(self) -> None:
        """Hold the container of a replica that is to go until it is taken away, or is wanted again.

        YARN would replace it at once, and asks nobody to leave: it kills.
        """
        while self._orders.cause == SURPLUS and self._orders.surplus:
            self._attendant.sleep(self._job["poll"])
            self._orders.look()

    def _unborn(self) -> End:
        cause, message = self._orders.cause, self._orders.message
        if not cause:
            return End(None, DEADLINE, "ran longer than {:g} s".format(self._job["max_duration"]))
        return End(None, cause, message + " before it started", told=cause != FENCED)

    def _ended(self, code: int, cause: str, message: str) -> End:
        return End(code, cause, message, told=cause not in (TOLD, FENCED))

    def _tell(self, end: End) -> None:
        self._spool()
        document = {
            "container": self._container,
            "code": end.code,
            "cause": end.cause,
            "message": end.message,
            "started": self._started,
            "ended": _now(),
        }
        self._staging.patiently(self._file(names.END), document, _PATIENCE)

    def _spool(self) -> None:
        """Bring what the SDK could not send to where the server finds it: whole lines only."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            lines = Spooled(self._places.at(SPOOL))
            if not lines:
                return
            try:
                self._staging.put(self._file(names.SPOOL), lines)
            except AwayError:
                time.sleep(_PAUSE[1])
            except GoneError:
                return
            else:
                return

    def _file(self, kind: str) -> str:
        return f"{kind}.{self._who}.{self._container}"


def _now() -> int:
    return time.time_ns() // 1_000_000
