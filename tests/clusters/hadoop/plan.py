"""Which daemons a profile has, and where they listen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

Site: TypeAlias = dict[str, object]
"""What one configuration file says."""

HOST: Final = "localhost"

LISTENERS: Final = (
    *("nn1_rpc", "nn1_http", "dn_data", "dn_http", "dn_ipc", "ats_rpc", "ats_http"),
    *("jhs_rpc", "jhs_http", "jhs_admin", "zookeeper", "nn2_rpc", "nn2_http", "kdc"),
    *("rm1_http", "rm1_rpc", "rm1_scheduler", "rm1_tracker", "rm1_admin"),
    *("rm2_http", "rm2_rpc", "rm2_scheduler", "rm2_tracker", "rm2_admin"),
    *("nm1_rpc", "nm1_http", "nm1_localizer", "nm1_collector"),
    *("nm2_rpc", "nm2_http", "nm2_localizer", "nm2_collector"),
    *("zkfc1", "zkfc2", "nn1_https", "nn2_https", "dn_https"),
)


@dataclass(frozen=True)
class Plan:
    """One cluster; *opens* is what Java has to be told."""

    run: Path
    lib: str
    profile: str
    first: int
    opens: str

    @cached_property
    def ports(self) -> dict[str, int]:
        return {name: self.first + number for number, name in enumerate(LISTENERS)}

    @property
    def ha(self) -> bool:
        return self.profile == "ha"

    @property
    def bare(self) -> bool:
        return self.profile == "bare"

    @property
    def keystore(self) -> Path:
        """The key of YARN's web servers; while it is there they speak HTTPS alone."""
        return self.run / "tls/localhost.p12"

    @property
    def web(self) -> str:
        return "https" if self.keystore.exists() else "http"

    @property
    def jars(self) -> str:
        """The folder of the jars that applications find on YARN's class path."""
        return f"{self.run}/lib" if self.bare else self.lib

    @property
    def namenodes(self) -> tuple[str, ...]:
        return ("nn1", "nn2") if self.ha else ("nn1",)

    @property
    def masters(self) -> tuple[str, ...]:
        return ("rm1", "rm2") if self.ha else ("rm1",)

    @property
    def filesystem(self) -> str:
        return "hdfs://submarine" if self.ha else f"hdfs://{self.at('nn1_rpc')}"

    def at(self, name: str) -> str:
        return f"{HOST}:{self.ports[name]}"
