"""Write a test cluster's configuration: ``-m tests.clusters.hadoop.configure RUN LIB PROFILE FIRST_PORT``.

Every daemon has a folder of its own below RUN_DIR/conf, because they differ in ports; ``client`` is what
containers see. endpoints.json tells everybody else where things are.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from tests.clusters.hadoop import secure
from tests.clusters.hadoop.plan import Plan, Site
from tests.clusters.hadoop.sites import CAPACITY, core, hdfs, mapred, of_one, tls, yarn

OVERRIDES = "overrides.json"
"""What a test wants to be told otherwise, by site, in the run folder."""
SHELL = "distributedshell"
LOG4J = """log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
"""


def main() -> None:
    run, lib, profile, first = sys.argv[1:]
    plan = Plan(Path(run), lib, profile, int(first), os.environ["OPENS"].strip())
    sites = {"core": core(plan), "hdfs": hdfs(plan), "yarn": yarn(plan), "mapred": mapred(plan)}
    if profile == "secure":
        (plan.run / "http-secret").write_text("the same for all daemons\n")
        for name, more in secure.sites(plan).items():
            sites[name] |= more
    if (told := plan.run / OVERRIDES).exists():
        for name, more in json.loads(told.read_text()).items():
            sites[name] |= more
    for daemon in ("client", *plan.namenodes, "dn", "ats", "jhs", *plan.masters, "nm1", "nm2"):
        folder = plan.run / "conf" / daemon
        own = of_one(plan, daemon)
        for name, site in sites.items():
            _write(folder / f"{name}-site.xml", site | own)
        for name, site in tls(plan).items() if plan.web == "https" else ():
            _write(folder / f"{name}.xml", site)
        _write(folder / "capacity-scheduler.xml", CAPACITY)
        (folder / "log4j.properties").write_text(LOG4J)
    if plan.bare:
        _leave_out_the_shell(plan)
    for daemon in (*plan.namenodes, "dn"):
        # The jars in Maven leave these pages out, and without them the daemons refuse to start.
        page = plan.run / "conf" / daemon / "webapps" / ("datanode" if daemon == "dn" else "hdfs")
        page.mkdir(parents=True, exist_ok=True)
        (page.parent / "static").mkdir(exist_ok=True)
    (plan.run / "conf" / "zoo.cfg").write_text(
        f"tickTime=1000\ndataDir={plan.run}/data/zk\nclientPort={plan.ports['zookeeper']}\n"
        "clientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n"
    )
    (plan.run / "ports.json").write_text(json.dumps(plan.ports) + "\n")
    (plan.run / "endpoints.json").write_text(json.dumps(_endpoints(plan), indent=2) + "\n")


def _leave_out_the_shell(plan: Plan) -> None:
    """Have a class path as a company's own may be: with all of Hadoop's jars but the distributed shell's."""
    folder = Path(plan.jars)
    folder.mkdir(exist_ok=True)
    for jar in Path(plan.lib).glob("*.jar"):
        link = folder / jar.name
        if SHELL not in jar.name and not link.is_symlink():
            link.symlink_to(jar)


def _write(path: Path, site: Mapping[str, object]) -> None:
    lines = ['<?xml version="1.0"?>', "<configuration>"]
    for name, value in site.items():
        said = str(value).lower() if isinstance(value, bool) else str(value)
        lines.append(f"<property><name>{escape(name)}</name><value>{escape(said)}</value></property>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, "</configuration>", ""]))


def _endpoints(plan: Plan) -> Site:
    return {
        "version": os.environ["HADOOP_VERSION"],
        "profile": plan.profile,
        "conf": str(plan.run / "conf/client"),
        "shell": next(str(jar) for jar in Path(plan.lib).glob(f"*{SHELL}*.jar")),
        "classpath": f"{plan.run}/conf/client:{plan.lib}/*",
        "fs": plan.filesystem,
        "namenodes": [f"http://{plan.at(f'{name}_http')}" for name in plan.namenodes],
        "resourcemanagers": [f"{plan.web}://{plan.at(f'{name}_http')}" for name in plan.masters],
        "nodemanagers": [f"{plan.web}://{plan.at(f'{name}_http')}" for name in ("nm1", "nm2")],
        "timeline": f"{plan.web}://{plan.at('ats_http')}",
        "jobhistory": f"http://{plan.at('jhs_http')}",
        "users": ["root", "alice", "bob", "submarine", *(["brief"] if plan.profile == "secure" else [])],
        "queues": ["default", "batch", "tiny"],
        "run": str(plan.run),
    }


if __name__ == "__main__":
    main()
