"""What runs for long gets fresh tokens for HDFS, and its launcher takes the one that is good."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from typing_extensions import override

from submarine.adapters.yarn import names
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.launcher.orders import Orders
from submarine.adapters.yarn.launcher.staging import AwayError, Staging
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.records import Closing, Run
from submarine.adapters.yarn.tickets import due
from submarine.core.clock import now
from submarine.core.workloads.verdict import Verdict
from submarine.core.workloads.workload import Handle

EVERY: Final = 60.0
CONTAINER: Final = "container_1_0001_01_000002"


class Hdfs:
    """Has a ticket, and takes the tokens that are ``good``."""

    def __init__(self) -> None:
        self.good = {"of-yarn"}
        self.ticket: tuple[str, int] | None = None

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, object]:
        if query["delegation"][0] not in self.good:
            said = {"exception": "InvalidToken", "message": "token can't be found in cache"}
            return 403, {"RemoteException": said}
        if path.endswith(names.TICKET):
            assert self.ticket is not None
            return 200, {"token": self.ticket[0]}
        entries = [] if self.ticket is None else [(names.TICKET, self.ticket[1])]
        listed = [{"pathSuffix": name, "modificationTime": changed} for name, changed in entries]
        return 200, {"FileStatuses": {"FileStatus": listed}}


@pytest.fixture
def hdfs() -> Hdfs:
    return Hdfs()


@pytest.fixture
def orders(hdfs: Hdfs) -> Iterator[Orders]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, document = hdfs.answer(parts.path, parse_qs(parts.query))
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        urls = [f"http://127.0.0.1:{server.server_port}"]
        yield Orders(
            Staging(urls, "/staging/sub-x-1", "/staging/.new/sub-x-1.", "alice", "of-yarn"),
            "worker-0",
            CONTAINER,
            5.0,
        )
        server.shutdown()


def test_a_launcher_takes_the_ticket_before_its_token_expires(hdfs: Hdfs, orders: Orders) -> None:
    assert orders.look() == {}
    hdfs.ticket, hdfs.good = ("first", 1), {"of-yarn", "first"}
    assert orders.look() == {names.TICKET: 1}
    hdfs.ticket, hdfs.good = ("second", 2), {"first", "second"}
    assert orders.look() == {names.TICKET: 2}
    hdfs.good = {"second"}
    assert orders.look() == {names.TICKET: 2}


def test_a_ticket_that_expired_leaves_what_yarn_renews(hdfs: Hdfs, orders: Orders) -> None:
    hdfs.ticket, hdfs.good = ("first", 1), {"of-yarn", "first"}
    assert orders.look() is not None
    hdfs.good = {"of-yarn"}
    assert orders.look() is not None


def test_without_any_that_is_good_hdfs_is_away(hdfs: Hdfs, orders: Orders) -> None:
    hdfs.good = set()
    assert orders.look() is None
    assert orders.cause == ""
    with pytest.raises(AwayError, match="InvalidToken"):
        orders._staging.list()


def attempt(*, age: float, ticket: float | None = None, **app: str) -> Attempt:
    started = now() - int(1000 * age)
    found = Attempt(handle=Handle("sub-x-1"), owner="alice")
    found.app = App(id="application_1_1", started=started, state=app.get("state", "RUNNING"))
    found.runs["worker", 0] = [Run(container=CONTAINER, host="n", port=1, node="n:8042")]
    found.files = {} if ticket is None else {names.TICKET: now() - int(1000 * ticket)}
    return found


def test_a_ticket_is_due_when_the_last_one_is_old() -> None:
    assert due(attempt(age=EVERY + 1), EVERY)
    assert not due(attempt(age=EVERY - 30), EVERY)
    assert not due(attempt(age=10 * EVERY, ticket=EVERY - 30), EVERY)
    assert due(attempt(age=10 * EVERY, ticket=EVERY + 1), EVERY)


def test_what_does_not_run_needs_none() -> None:
    waits, ended, closed = (attempt(age=10 * EVERY) for _ in range(3))
    waits.runs.clear()
    ended.app = App(id="application_1_1", state="FINISHED")
    closed.closing = Closing(Verdict("succeeded"), [])
    assert not any(due(each, EVERY) for each in (waits, ended, closed))
