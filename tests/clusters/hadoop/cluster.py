"""A real Hadoop on this machine, started when asked for, whose daemons may be killed and frozen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

import httpx

from tests.certificates import Certificate, certificate
from tests.clusters.hadoop.configure import OVERRIDES
from tests.clusters.scripts import run_script

HERE: Final = Path(__file__).parent
START_SECONDS: Final = 600.0

Profile = Literal["plain", "ha", "secure", "bare"]


class HadoopCluster:
    """A cluster whose daemons are processes of this machine, named as README.md says."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.endpoints: Mapping[str, Any] = json.loads((run_dir / "endpoints.json").read_text())
        self.secure = self.endpoints["profile"] == "secure"
        self.bare = self.endpoints["profile"] == "bare"
        self._disturbed = False

    @property
    def namenodes(self) -> list[str]:
        """The web addresses, both of a pair."""
        return list(self.endpoints["namenodes"])

    @property
    def realm(self) -> Path:
        """The file that KRB5_CONFIG names."""
        return self.run_dir / "krb5.conf"

    def has(self, daemon: str) -> bool:
        """Tell whether *daemon* is one of its own."""
        return (self.run_dir / "pids" / f"{daemon}.pid").exists()

    def access(self, user: str) -> Mapping[str, object]:
        """Return the options by which an adapter is *user* here."""
        if not self.secure:
            return {"user": user}
        return {
            "principal": f"{user}@SUBMARINE.TEST",
            "keytab": str(self.run_dir / "keytabs" / f"{user}.keytab"),
        }

    def as_root(self, method: str, operation: str, path: str, **query: str) -> Any:
        """Return the answer of WebHDFS to the superuser."""
        asked = urlencode({"op": operation, **({} if self.secure else {"user.name": "root"}), **query})
        ticket = ["--negotiate", "-u", ":"] if self.secure else []
        environment = {**os.environ, "KRB5_CONFIG": str(self.realm)}
        for url in self.namenodes:
            command = ["curl", "-sS", "-L", "--max-time", "60", "-X", method, *ticket]
            done = subprocess.run(
                [*command, f"{url}/webhdfs/v1{quote(path)}?{asked}"],
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            )
            if done.returncode == 0 and "StandbyException" not in done.stdout:
                assert "RemoteException" not in done.stdout, done.stdout
                return json.loads(done.stdout) if done.stdout else None
        raise AssertionError("no NameNode answers")

    def bring(self, path: str, content: bytes) -> None:
        """Put a file that all may read at *path*, where every name is believed."""
        asked = {"op": "CREATE", "overwrite": "true", "permission": "644", "user.name": "root"}
        url = f"{self.namenodes[0]}/webhdfs/v1{quote(path)}"
        httpx.put(url, params=asked, content=content, follow_redirects=True).raise_for_status()

    def administer(self, *words: str) -> str:
        """Return what ``hdfs dfsadmin`` prints; a Java program, so it takes seconds."""
        script = (
            f'. {HERE}/parts/settings.sh; require_java; exec "$JAVA_HOME/bin/java" $OPENS {self._kerberos()}'
        )
        script += f' -cp "{self.endpoints["classpath"]}" org.apache.hadoop.hdfs.tools.DFSAdmin "$@"'
        environment = {**os.environ, "KRB5_CONFIG": str(self.realm)}
        done = subprocess.run(
            ["bash", "-c", script, "dfsadmin", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill(self, daemon: str) -> None:
        """Send SIGKILL; return when it has ended."""
        self._control("kill", daemon)

    def stop(self, daemon: str) -> None:
        """Send SIGTERM; return when it has ended."""
        self._control("stop", daemon)

    def freeze(self, daemon: str) -> None:
        """Let it be there and not answer."""
        self._control("freeze", daemon)

    def thaw(self, daemon: str) -> None:
        """Let it go on after `freeze`."""
        self._control("thaw", daemon)

    def start(self) -> None:
        """Start all that do not run, on their data; return when the cluster is well."""
        self._control("start")

    @contextmanager
    def told(self, site: str, daemon: str, settings: Mapping[str, object]) -> Iterator[None]:
        """Have *daemon* run meanwhile with other *settings* in *site*, such as ``hdfs``."""
        own = self.run_dir / OVERRIDES
        own.write_text(json.dumps({site: settings}))
        try:
            self.stop(daemon)
            self.start()
            yield
        finally:
            own.unlink()
            self.stop(daemon)
            self.start()

    @contextmanager
    def over_tls(self) -> Iterator[Path]:
        """Have YARN's web servers speak HTTPS alone meanwhile; yield the certificate to trust."""
        folder = self.run_dir / "tls"
        folder.mkdir()
        try:
            made = certificate(folder)
            _store(made)
            self._again("rm1", "nm1", "nm2", "ats")
            yield made.file
        finally:
            shutil.rmtree(folder)
            self._again("rm1", "nm1", "nm2", "ats")

    def _again(self, *daemons: str) -> None:
        """Start *daemons* again, as they are configured now."""
        for daemon in daemons:
            self.stop(daemon)
        self.start()
        self.endpoints = json.loads((self.run_dir / "endpoints.json").read_text())

    def mend(self) -> None:
        """Make every daemon run again after what a test did to them."""
        if self._disturbed:
            for file in self.run_dir.glob("pids/*.pid"):
                if _state(file) == "T":
                    self._control("thaw", file.stem)
            self.start()
            self._disturbed = False

    def down(self) -> None:
        """End it; only its logs stay."""
        _run_script("down.sh", str(self.run_dir))

    def _control(self, *words: str) -> None:
        self._disturbed = True
        _run_script("ctl.sh", str(self.run_dir), *words)

    def _kerberos(self) -> str:
        return f"-Djava.security.krb5.conf={self.realm}" if self.secure else ""


def start_cluster(run_dir: Path, profile: Profile) -> HadoopCluster:
    """Start one, or what of it does not run; raise `CannotStartError` where that cannot be."""
    _run_script("up.sh", str(run_dir), "--profile", profile)
    return HadoopCluster(run_dir)


def _store(made: Certificate) -> None:
    """Put *made* where Java looks for it: with its key, and as what to trust."""
    kept, trusted = made.file.with_suffix(".p12"), made.file.with_name("trusted.p12")
    words = ["-inkey", str(made.key), "-in", str(made.file), "-out", str(kept), "-passout", "pass:changeit"]
    subprocess.run(["openssl", "pkcs12", "-export", *words], check=True, capture_output=True)
    words = [
        "-keystore",
        str(trusted),
        "-storetype",
        "PKCS12",
        "-storepass",
        "changeit",
        "-file",
        str(made.file),
    ]
    subprocess.run(["keytool", "-importcert", "-noprompt", *words], check=True, capture_output=True)


def _run_script(name: str, *words: str) -> str:
    return run_script(HERE / name, *words, seconds=START_SECONDS)


def _state(file: Path) -> str:
    try:
        return Path(f"/proc/{file.read_text().strip()}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
