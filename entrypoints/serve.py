"""The life of a server process: what ``submarine server start|check|migrate`` do."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from submarine.core import failpoints
from submarine.core.access.founding import Founding
from submarine.core.access.ledger import Ledger
from submarine.core.clock import now
from submarine.core.errors import Fault, SubmarineError
from submarine.core.records import RECORDS, Migratable
from submarine.entrypoints.cluster_check import Found, ask
from submarine.entrypoints.composition import Application, compose, working
from submarine.entrypoints.controllers import controllers
from submarine.entrypoints.data_folder import DataFolder
from submarine.entrypoints.gauges import watch
from submarine.entrypoints.http.app import drain, rest
from submarine.entrypoints.http.connection import Gate
from submarine.entrypoints.http.hosts import LOOPBACK
from submarine.entrypoints.http.kept_answers import KeptAnswers
from submarine.entrypoints.http.metrics import new_registry
from submarine.entrypoints.http.relay import Relay
from submarine.entrypoints.http.server import Listen, run, serving
from submarine.entrypoints.http.structured_logs import configure_logs
from submarine.entrypoints.place import ANYWHERE, Place
from submarine.entrypoints.settings import Limits, Settings, load
from submarine.entrypoints.settings import check as faults_of
from submarine.plugins.registry import Registry, discover

log = logging.getLogger(__name__)

GARBAGE: Final = (50_000, 20, 100)
"""A request makes some hundred short-lived objects and no cycles: collect cycles less often than Python's
own 700, 10, 10, which cost a tenth of a submission."""
SWITCH_S: Final = 0.0005
"""How long the event loop may keep a thread waiting that comes back from the disk; Python's own 5 ms
would be most of the time that a submission takes."""


def start(config: Path | None, overrides: Mapping[str, object]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    return _guarded(lambda: run(_serve(config, overrides)))


def check(config: Path | None, *, asking: bool = False) -> int:
    """Name all that is wrong with the settings and, *asking* them, the clusters; return 0 if nothing is."""

    def look() -> int:
        settings = load(config, os.environ)
        registry = discover()
        faults = faults_of(settings, registry)
        for fault in faults:
            print(_in_words(fault), file=sys.stderr)
        if faults:
            return 1
        clusters = ", ".join(cluster.name for cluster in settings.clusters) or "none"
        print(f"the settings are good: records {settings.records.use}, clusters {clusters}")
        return _told(run(ask(settings, registry))) if asking else 0

    return _guarded(look)


def _told(answers: Sequence[Found]) -> int:
    for found in answers:
        if found.good:
            print(found.sentence)
        else:
            print(f"error: {found.sentence}", file=sys.stderr)
    return 0 if all(found.good for found in answers) else 1


def migrate(config: Path | None, plan: bool) -> int:
    """Bring the records up to this version's schema, or say with *plan* what that would do."""
    return _guarded(lambda: run(_migrate(config, plan=plan)))


def readmit(config: Path | None, overrides: Mapping[str, object]) -> int:
    """Print a new token for user ``admin``: the way back in for an operator who has lost every other."""
    return _guarded(lambda: run(_readmit(config, overrides)))


async def _readmit(config: Path | None, overrides: Mapping[str, object]) -> int:
    settings = load(config, os.environ, overrides)
    async with discover().open(RECORDS, settings.records.use, settings.records.options) as records:
        print(await Founding(Ledger(records, now), now).readmit())
    return 0


async def _migrate(config: Path | None, *, plan: bool) -> int:
    settings = load(config, os.environ)
    options = {**settings.records.options, "migrate": False}
    async with discover().open(RECORDS, settings.records.use, options) as records:
        if not isinstance(records, Migratable):
            print(f"{settings.records.use} has no schema to migrate")
            return 0
        names = await (records.plan() if plan else records.migrate())
    done = "to be applied" if plan else "applied"
    print("\n".join(f"{done}: {name}" for name in names) or "the schema is that of this version")
    return 0


async def _serve(config: Path | None, overrides: Mapping[str, object]) -> int:
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*GARBAGE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # tokens and secrets go through our memory
    failpoints.arm(os.environ.get("SUBMARINE_FAIL_POINT", ""))
    settings = load(config, os.environ, overrides)
    registry = discover()
    if faults := faults_of(settings, registry):
        for fault in faults:
            print(_in_words(fault), file=sys.stderr)
        return 1
    configure_logs(settings.log.level, settings.log.format)
    folder = DataFolder(settings.server.data)
    with folder.held():
        await _run(settings, registry, folder)
    return 0


async def _run(settings: Settings, registry: Registry, folder: DataFolder) -> None:
    stop = _stop_signal()
    place = Place(settings.server)
    async with compose(
        settings,
        secret=folder.secret(),
        owner=folder.owner(),
        url=lambda: place.for_jobs(app.presence().urls),
        peer=lambda: place.peer,
        registry=registry,
    ) as app:
        await _first_admin(app, folder)
        prometheus = new_registry()
        watch(prometheus, app.fleet(), app.jobs())
        web = rest(
            controllers(app, settings),
            authenticate=app.access().authenticator.authenticate,
            idempotency=KeptAnswers(app.records()),
            checks={"records": app.records().ping, "disk": folder.check},
            limits=settings.limits,
            allowed_hosts=_names(settings),
            registry=prometheus,
            relay=Relay(app.presence().reaching, folder.owner()),
        )
        listen = Listen(host=settings.server.host, port=settings.server.port)
        async with (
            serving(web, listen, gate=_gate(settings.limits), on_bound=place.bound) as at,
            working(app) as broken,
        ):
            gc.collect()
            gc.freeze()  # what is there now stays: no collection needs to look at it
            folder.announce(at)
            print(f"Submarine listens on {at}", flush=True)
            try:
                await asyncio.wait([stop, broken], return_when=asyncio.FIRST_COMPLETED)
                if broken.done():
                    broken.result()
                drain(web)
                await asyncio.sleep(settings.server.drain)
            finally:
                folder.silence()


def _gate(limits: Limits) -> Gate:
    return Gate(connections=limits.connections, header=limits.header_timeout, stall=limits.stall_timeout)


def _names(settings: Settings) -> list[str]:
    """Return the names the server answers to."""
    said = settings.server
    urls = [urlsplit(url).hostname for url in (said.url, said.peer_url) if url]
    machine = socket.gethostname() if said.host in ANYWHERE else None
    return [name for name in (*LOOPBACK, said.host, machine, *urls, *said.allowed_hosts) if name]


async def _first_admin(app: Application, folder: DataFolder) -> None:
    """Make the administrator at the very first start, and say where its token is, which goes to no log."""
    token = await app.access().founding.bootstrap()
    if token is None:
        return
    print(f"An administrator was made. The token is in {folder.keep_admin_token(token)}", flush=True)


def _stop_signal() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def ask() -> None:
        if not stop.done():
            stop.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    return stop


def _guarded(work: Callable[[], int]) -> int:
    """Return what *work* returns; an error is one sentence, and exit code 1."""
    try:
        return work()
    except SubmarineError as error:
        for fault in getattr(error, "faults", ()):
            print(_in_words(fault), file=sys.stderr)
        print(f"error: {error}", file=sys.stderr)
    return 1


def _in_words(fault: Fault) -> str:
    said = f"{fault.field}: {fault.reason}" if fault.field else fault.reason
    return f"{said}; expected {fault.expected}" if fault.expected else said
