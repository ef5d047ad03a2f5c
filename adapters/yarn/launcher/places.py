"""Hosts and ports: this replica's own, and where all others are."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from submarine.adapters.yarn import names
from submarine.adapters.yarn.launcher.staging import AwayError, GoneError, Names, Staging

Addresses = dict[str, str]
"""``host:port`` by replica."""


class Ports:
    """Free ports of this machine, held until the command takes them."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def take(self, wanted: int = 0) -> int:
        """Return *wanted*, or any that is free if it is 0 or taken."""
        probe = socket.socket()
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", wanted))
        except (OSError, OverflowError):
            probe.bind(("", 0))
        self._held.append(probe)
        return int(probe.getsockname()[1])

    def release(self) -> None:
        """Let the ports go, for whoever is to listen on them."""
        for probe in self._held:
            probe.close()
        self._held.clear()


class Peers:
    """Finds out where all replicas are. Replica 0 of the first role asks for all, and writes it down."""

    def __init__(self, job: Mapping[str, Any], staging: Staging, who: str) -> None:
        self._staging = staging
        self._everybody = ["{role}-{index}".format(**peer) for peer in job["peers"]]
        # A service's replicas come and go, so each looks for itself when it starts.
        self._gathers = job["kind"] == "service" or who == self._everybody[0]
        self._writes = job["kind"] != "service"
        self._known = Addresses()

    def find(self, found: Names) -> Addresses | None:
        """Return the addresses, as far as *found* (what is in the folder) has them all; else None."""
        try:
            if self._writes and names.PEERS in found:
                return dict(self._staging.read(names.PEERS))
            if not self._gathers:
                return None
            newest = _newest(found)
            for who in self._everybody:
                if who not in newest:
                    return None
                if who not in self._known:
                    run = self._staging.read(newest[who])
                    self._known[who] = "{host}:{port}".format(**run)
            if self._writes:
                self._staging.write(names.PEERS, self._known)
        except (AwayError, GoneError):
            return None
        return self._known


def _newest(found: Names) -> dict[str, str]:
    """Return the file in which each replica says where it is, that of its last container."""
    newest: dict[str, str] = {}
    for name in found:
        note = names.note(name)
        if note is None or note.kind != names.RUN:
            continue
        who = f"{note.role}-{note.number}"
        before = names.note(newest.get(who, ""))
        if before is None or names.age(before.container) < names.age(note.container):
            newest[who] = name
    return newest


def filler(peers: Iterable[Mapping[str, Any]], addresses: Addresses) -> Callable[[str], str]:
    """Return what puts *addresses* into a text in the place of the stand-ins of *peers*."""
    real = {}
    for peer in peers:
        who = "{role}-{index}".format(**peer)
        if who in addresses:  # nothing else is asked for by whoever needs no address
            real[peer["host"]], _, real[peer["port"]] = addresses[who].rpartition(":")
    pattern = re.compile("|".join(re.escape(text) for text in sorted(real, key=len, reverse=True)))
    return lambda text: pattern.sub(lambda match: real[match.group()], text)
