"""What a job does to its own folder on HDFS leads our server nowhere, and takes nothing from other jobs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from submarine.adapters.yarn import kit
from submarine.contracts.runtime.stage import ability
from submarine.core.errors import UnavailableError
from submarine.core.ports.runtime import Addressable, Readable
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import WorkloadKind
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.stages import staged

FOLDER: Final = "/user/alice/.submarine"
LOOKS: Final = 3
LIAR: Final = """
import http.server, json, os, pathlib, sys, urllib.request

class Ear(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        pathlib.Path(sys.argv[3], "heard").write_text(str(self.headers))
        self.send_error(404)

class Followed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, file, code, message, headers, url):
        return urllib.request.Request(url, request.data, method=request.get_method())

def ask(method, path, operation, body=None):
    url = f"{sys.argv[1]}/webhdfs/v1{path}?op={operation}&user.name=alice"
    return urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=60)

urllib.request.install_opener(urllib.request.build_opener(Followed))
ear = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
folder = f"{sys.argv[2]}/{os.environ['SUBMARINE_WORKLOAD']}"
entries = json.load(ask("GET", folder, "LISTSTATUS"))["FileStatuses"]["FileStatus"]
name = next(entry["pathSuffix"] for entry in entries if entry["pathSuffix"].startswith("run."))
run = json.load(ask("GET", f"{folder}/{name}", "OPEN"))
run.update(host="example.invalid", node=f"127.0.0.1:{ear.server_port}")
ask("PUT", f"{folder}/{name}", "CREATE&overwrite=true", json.dumps(run).encode())
ear.serve_forever()
"""


@pytest.mark.chaos
async def test_a_job_that_lies_about_where_it_is_hears_nothing_of_us(
    hadoop: HadoopCluster, tmp_path: Path
) -> None:
    """It would get a ticket of ours where there is Kerberos, and could send us anywhere."""
    async with staged(hadoop) as stage:
        command = (stage.programs.python, "-c", LIAR, hadoop.namenodes[0], FOLDER, str(tmp_path))
        role = stage.role(command, ports={"http": 0})
        handle = await stage.submit(role, kind=WorkloadKind.SERVICE)
        await stage.until(handle, _has_lied, "the lie")
        addressable, readable = ability(stage.runtime, Addressable), ability(stage.runtime, Readable)
        for _ in range(LOOKS):
            with pytest.raises(UnavailableError, match="no node of this cluster"):
                await addressable.endpoint(handle, "worker", "http")
            with suppress(UnavailableError):
                _ = [piece async for piece in readable.logs(handle, "worker", 0)]
        await stage.runtime.remove(handle)
        assert not (tmp_path / "heard").exists()


@pytest.mark.chaos
async def test_who_deletes_the_launcher_from_hdfs_keeps_no_job_from_running(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        first = await stage.submit(stage.programs.prints("first"))
        assert (await stage.ended(first)).phase is Phase.SUCCEEDED
        for path in (f"{FOLDER}/.kit/{kit.name()}", f"{FOLDER}/.kit"):
            hadoop.as_root("DELETE", "DELETE", path, recursive="true")
            again = await stage.submit(stage.programs.prints("again"))
            assert (await stage.ended(again)).phase is Phase.SUCCEEDED
            assert await stage.text(again) == "again\n"


def _has_lied(seen: Observation) -> bool:
    return any(replica.node.startswith("127.0.0.1:") for replica in seen.replicas)
