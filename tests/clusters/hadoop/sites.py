"""What Hadoop is told without Kerberos; each line that is not a default has its reason in README.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.clusters.hadoop.plan import HOST, Plan, Site

RM: Final = "yarn.resourcemanager."
NM: Final = "yarn.nodemanager."
TIMELINE: Final = "yarn.timeline-service."
WEEK: Final = 7 * 24 * 3600
QUEUE: Final = "yarn.scheduler.capacity."
_ROOT: Final = QUEUE + "root."
CLASS: Final = "org.apache.hadoop.yarn.server."

CAPACITY: Final[Site] = {
    QUEUE + "maximum-applications": 10000,
    QUEUE + "maximum-am-resource-percent": 0.8,
    QUEUE + "resource-calculator": "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator",
    QUEUE + "node-locality-delay": -1,
    _ROOT + "queues": "default,batch,tiny",
    _ROOT + "acl_submit_applications": " ",  # a blank is nobody, so that the queues' own rights count
    _ROOT + "acl_administer_queue": "root",
    _ROOT + "default.capacity": 50,
    _ROOT + "default.maximum-capacity": 100,
    _ROOT + "default.user-limit-factor": 10,
    _ROOT + "default.acl_submit_applications": "*",
    _ROOT + "batch.capacity": 40,
    _ROOT + "batch.maximum-capacity": 100,
    _ROOT + "batch.user-limit-factor": 10,
    _ROOT + "batch.acl_submit_applications": "*",
    _ROOT + "batch.maximum-application-lifetime": 86400,
    _ROOT + "tiny.capacity": 10,
    _ROOT + "tiny.maximum-capacity": 10,
    _ROOT + "tiny.user-limit-factor": 10,
    _ROOT + "tiny.acl_submit_applications": "alice,root",
}


def core(plan: Plan) -> Site:
    site: Site = {
        "fs.defaultFS": plan.filesystem,
        # An application master of a service makes this path on HDFS too, as the user.
        "hadoop.tmp.dir": "/tmp/hadoop-${user.name}",
        # The daemons are root, and the ResourceManager acts for whoever posts a service.
        "hadoop.proxyuser.root.hosts": "*",
        "hadoop.proxyuser.root.groups": "*",
        "hadoop.proxyuser.submarine.hosts": "*",
        "hadoop.proxyuser.submarine.users": "alice,bob",
        "ipc.client.connect.max.retries.on.timeouts": 3,
        "ipc.client.connect.max.retries": 5,
        "ipc.client.connect.retry.interval": 500,
        "hadoop.security.token.service.use_ip": False,
    }
    if plan.ha:
        site |= {"hadoop.zk.address": plan.at("zookeeper"), "ha.zookeeper.quorum": plan.at("zookeeper")}
    return site


def hdfs(plan: Plan) -> Site:
    site: Site = {
        "dfs.replication": 1,
        "dfs.datanode.data.dir": f"file://{plan.run}/data/dn",
        "dfs.datanode.address": plan.at("dn_data"),
        "dfs.datanode.http.address": plan.at("dn_http"),
        "dfs.datanode.https.address": plan.at("dn_https"),
        "dfs.datanode.ipc.address": plan.at("dn_ipc"),
        "dfs.datanode.hostname": HOST,
        "dfs.client.use.datanode.hostname": True,
        "dfs.datanode.use.datanode.hostname": True,
        "dfs.permissions.superusergroup": "root",
        "dfs.namenode.safemode.extension": 1000,
        "dfs.namenode.safemode.min.datanodes": 1,
        "dfs.heartbeat.interval": 1,
        "dfs.namenode.fs-limits.min-block-size": 1024,
        "dfs.client.block.write.replace-datanode-on-failure.policy": "NEVER",
        "dfs.ls.limit": 100,  # a listing of a few hundred files comes in pages
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": 10,
    }
    if not plan.ha:
        return site | _namenode(plan, "nn1", "") | {"dfs.namenode.name.dir": f"file://{plan.run}/data/nn1"}
    for name in plan.namenodes:
        site |= _namenode(plan, name, f".submarine.{name}")
    return site | {
        "dfs.nameservices": "submarine",
        "dfs.ha.namenodes.submarine": "nn1,nn2",
        "dfs.namenode.shared.edits.dir": f"file://{plan.run}/data/edits",
        "dfs.ha.automatic-failover.enabled": True,
        "dfs.ha.fencing.methods": "shell(/bin/true)",
        "dfs.client.failover.proxy.provider.submarine": "org.apache.hadoop.hdfs.server.namenode.ha."
        "ConfiguredFailoverProxyProvider",
        "ha.zookeeper.session-timeout.ms": 4000,
        "dfs.ha.tail-edits.period": "1s",
    }


def _namenode(plan: Plan, name: str, suffix: str) -> Site:
    return {
        f"dfs.namenode.rpc-address{suffix}": plan.at(f"{name}_rpc"),
        f"dfs.namenode.http-address{suffix}": plan.at(f"{name}_http"),
        f"dfs.namenode.https-address{suffix}": plan.at(f"{name}_https"),
    }


def yarn(plan: Plan) -> Site:
    site: Site = {
        "yarn.acl.enable": True,
        "yarn.admin.acl": "root,yarn",
        "yarn.webapp.api-service.enable": not plan.bare,
        "yarn.webapp.filter-entity-list-by-user": True,
        "yarn.application.classpath": f"$HADOOP_CONF_DIR,{plan.jars}/*",
        "yarn.cluster.max-application-priority": 10,
        "yarn.scheduler.include-port-in-node-name": True,  # two NodeManagers on one host
        "yarn.scheduler.minimum-allocation-mb": 64,
        "yarn.scheduler.maximum-allocation-mb": 4096,
        "yarn.scheduler.maximum-allocation-vcores": 8,
        "yarn.node-labels.enabled": True,
        "yarn.node-labels.fs-store.root-dir": f"file://{plan.run}/data/labels",
        # A dead NodeManager is noticed in a minute or two, not in ten; a busy machine takes one to start one.
        "yarn.nm.liveness-monitor.expiry-interval-ms": 90000,
        "yarn.am.liveness-monitor.expiry-interval-ms": 180000,
        "yarn.rmproxy.max-wait": 60000,
        "yarn.system-metrics-publisher.enabled": True,
        "yarn.log-aggregation-enable": True,
        "yarn.log-aggregation.retain-seconds": WEEK,
        "yarn.log.server.url": f"http://{plan.at('jhs_http')}/jobhistory/logs",
        "yarn.http.policy": f"{plan.web}_only".upper(),
        "yarn.log.server.web-service.url": f"{plan.web}://{plan.at('ats_http')}/ws/v1/applicationhistory",
        # A service's application master reads this and not yarn.application.classpath.
        "yarn.service.classpath": f"{plan.lib}/*",
        "yarn.service.am-resource.memory": 512,
        "yarn.service.am.java.opts": f"-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 {plan.opens}",
        "yarn.service.container-failure.retry-interval-ms": 1000,
        "yarn.service.readiness-check-interval.seconds": 1,
        # Services record themselves in ZooKeeper; without it their masters hang as they end.
        "hadoop.registry.zk.quorum": plan.at("zookeeper"),
        "hadoop.registry.zk.session.timeout.ms": 10000,
    }
    return site | _resourcemanager(plan) | _nodemanager() | _timeline(plan)


def _resourcemanager(plan: Plan) -> Site:
    site: Site = {
        RM + "scheduler.class": f"{CLASS}resourcemanager.scheduler.capacity.CapacityScheduler",
        RM + "placement-constraints.handler": "placement-processor",
        RM + "recovery.enabled": True,
        RM + "work-preserving-recovery.enabled": True,
        RM + "work-preserving-recovery.scheduling-wait-ms": 2000,
        RM + "am.max-attempts": 4,
        RM + "nodemanagers.heartbeat-interval-ms": 500,
        RM + "max-completed-applications": 2000,
        RM + "application-timeouts.monitor.interval-ms": 1000,
        RM + "connect.max-wait.ms": 120000,
        RM + "connect.retry-interval.ms": 1000,
    }
    for name in plan.masters:
        suffix = f".{name}" if plan.ha else ""
        site |= {
            f"{RM}hostname{suffix}": HOST,
            f"{RM}address{suffix}": plan.at(f"{name}_rpc"),
            f"{RM}scheduler.address{suffix}": plan.at(f"{name}_scheduler"),
            f"{RM}resource-tracker.address{suffix}": plan.at(f"{name}_tracker"),
            f"{RM}admin.address{suffix}": plan.at(f"{name}_admin"),
            f"{RM}webapp.address{suffix}": plan.at(f"{name}_http"),
            f"{RM}webapp.https.address{suffix}": plan.at(f"{name}_http"),
        }
    store = f"{CLASS}resourcemanager.recovery."
    if not plan.ha:
        return site | {
            RM + "store.class": store + "LeveldbRMStateStore",
            RM + "leveldb-state-store.path": plan.run / "data/rm1",
        }
    return site | {
        RM + "store.class": store + "ZKRMStateStore",
        RM + "ha.enabled": True,
        RM + "ha.automatic-failover.enabled": True,
        RM + "ha.automatic-failover.embedded": True,
        RM + "ha.rm-ids": "rm1,rm2",
        RM + "cluster-id": "submarine",
        RM + "zk-timeout-ms": 4000,
        "yarn.client.failover-sleep-base-ms": 200,
        "yarn.client.failover-sleep-max-ms": 2000,
    }


def _nodemanager() -> Site:
    return {
        NM + "resource.memory-mb": 4096,
        NM + "resource.cpu-vcores": 8,
        NM + "pmem-check-enabled": True,
        NM + "vmem-check-enabled": True,
        # True by default: cgroups are then trusted to enforce, even where there are none.
        NM + "resource.memory.enforced": False,
        # A Java 17 process of 256 MiB maps 3 GiB; with the default 2.1 every application master is killed.
        NM + "vmem-pmem-ratio": 20,
        NM + "container-monitor.interval-ms": 1000,
        NM + "container-executor.class": f"{CLASS}nodemanager.DefaultContainerExecutor",
        NM + "recovery.enabled": True,
        NM + "recovery.supervised": True,
        NM + "sleep-delay-before-sigkill.ms": 5000,
        NM + "disk-health-checker.max-disk-utilization-per-disk-percentage": 99.5,
        NM + "container-metrics.enable": False,
        NM + "remote-app-log-dir": "/yarn/logs",
        NM + "log-aggregation.debug-enabled": True,  # allows an interval of less than an hour
        NM + "log-aggregation.roll-monitoring-interval-seconds": 10,
        NM
        + "env-whitelist": "JAVA_HOME,HADOOP_COMMON_HOME,HADOOP_HDFS_HOME,HADOOP_CONF_DIR,HADOOP_YARN_HOME,"
        "HADOOP_HOME,PATH,LANG,TZ,KRB5_CONFIG",
    }


def _timeline(plan: Plan) -> Site:
    return {
        TIMELINE + "enabled": True,
        TIMELINE + "version": "1.0",
        TIMELINE + "versions": "1.0",
        TIMELINE + "hostname": HOST,
        TIMELINE + "address": plan.at("ats_rpc"),
        TIMELINE + "webapp.address": plan.at("ats_http"),
        TIMELINE + "webapp.https.address": plan.at("ats_http"),
        TIMELINE + "leveldb-timeline-store.path": plan.run / "data/ats",
        TIMELINE + "leveldb-state-store.path": plan.run / "data/ats-state",
        TIMELINE + "recovery.enabled": True,
        TIMELINE + "generic-application-history.enabled": True,
        TIMELINE + "client.max-retries": 3,
        TIMELINE + "client.best-effort": True,
    }


def mapred(plan: Plan) -> Site:
    return {
        "mapreduce.framework.name": "yarn",
        "mapreduce.jobhistory.address": plan.at("jhs_rpc"),
        "mapreduce.jobhistory.webapp.address": plan.at("jhs_http"),
        "mapreduce.jobhistory.admin.address": plan.at("jhs_admin"),
        "yarn.app.mapreduce.am.staging-dir": "/yarn/staging",
    }


def of_one(plan: Plan, daemon: str) -> Site:
    """Return what only *daemon* is told."""
    if daemon in {"nm1", "nm2"}:
        return {
            NM + "hostname": HOST,
            NM + "address": plan.at(f"{daemon}_rpc"),
            NM + "webapp.address": plan.at(f"{daemon}_http"),
            NM + "webapp.https.address": plan.at(f"{daemon}_http"),
            NM + "localizer.address": plan.at(f"{daemon}_localizer"),
            NM + "collector-service.address": plan.at(f"{daemon}_collector"),
            NM + "local-dirs": plan.run / f"data/{daemon}/local",
            NM + "log-dirs": plan.run / f"data/{daemon}/logs",
            NM + "recovery.dir": plan.run / f"data/{daemon}/recovery",
        }
    if plan.ha and daemon in plan.masters:
        return {RM + "ha.id": daemon}
    if plan.ha and daemon in plan.namenodes:
        return {
            "dfs.ha.namenode.id": daemon,
            "dfs.namenode.name.dir": f"file://{plan.run}/data/{daemon}",
            "dfs.ha.zkfc.port": plan.ports[f"zkfc{daemon[-1]}"],
        }
    return {}


def tls(plan: Plan) -> Mapping[str, Site]:
    """Return what the two sides of HTTPS are told, by the name of the file without its end."""
    password = "changeit"
    return {
        f"ssl-{side}": {
            f"ssl.{side}.{store}.location": plan.keystore.with_stem(name),
            f"ssl.{side}.{store}.password": password,
            f"ssl.{side}.{store}.type": "PKCS12",
            f"ssl.{side}.keystore.keypassword": password,
        }
        for side, store, name in (("server", "keystore", "localhost"), ("client", "truststore", "trusted"))
    }
