"""What Hadoop is told on top of it for Kerberos on every protocol, SPNEGO on the web."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.clusters.hadoop.plan import HOST, Plan, Site

REALM: Final = "SUBMARINE.TEST"
DAEMON: Final = f"root/{HOST}@{REALM}"
WEB: Final = f"HTTP/{HOST}@{REALM}"
HTTP: Final = "hadoop.http.authentication."
TIMELINE: Final = "yarn.timeline-service.http-authentication."


def sites(plan: Plan) -> Mapping[str, Site]:
    """Return what is said in each file."""
    keytab = plan.run / "keytabs/daemons.keytab"
    return {
        "core": _core(plan) | {HTTP + "kerberos.keytab": keytab},
        "hdfs": _hdfs()
        | {
            f"dfs.{who}": keytab
            for who in ("namenode.keytab.file", "datanode.keytab.file", "web.authentication.kerberos.keytab")
        },
        "yarn": _yarn()
        | {
            f"yarn.{who}": keytab
            for who in (
                "resourcemanager.keytab",
                "nodemanager.keytab",
                "timeline-service.keytab",
                "resourcemanager.webapp.spnego-keytab-file",
                "nodemanager.webapp.spnego-keytab-file",
                "timeline-service.http-authentication.kerberos.keytab",
            )
        },
        "mapred": {
            "mapreduce.jobhistory.principal": DAEMON,
            "mapreduce.jobhistory.keytab": keytab,
            "mapreduce.jobhistory.webapp.spnego-principal": WEB,
            "mapreduce.jobhistory.webapp.spnego-keytab-file": keytab,
        },
    }


def _core(plan: Plan) -> Site:
    return {
        "hadoop.security.authentication": "kerberos",
        "hadoop.security.authorization": True,
        # root/localhost is root, alice is alice; nobody else is anybody.
        "hadoop.security.auth_to_local": f"RULE:[2:$1@$0](root@{REALM})s/.*/root/ DEFAULT",
        "hadoop.http.filter.initializers": "org.apache.hadoop.security.AuthenticationFilterInitializer",
        HTTP + "type": "kerberos",
        HTTP + "kerberos.principal": WEB,
        HTTP + "signature.secret.file": plan.run / "http-secret",
        HTTP + "simple.anonymous.allowed": False,
        HTTP + "cookie.domain": "",
    }


def _hdfs() -> Site:
    return {
        "dfs.block.access.token.enable": True,
        "dfs.namenode.kerberos.principal": DAEMON,
        "dfs.datanode.kerberos.principal": DAEMON,
        "dfs.web.authentication.kerberos.principal": WEB,
        # A DataNode wants ports below 1024, or SASL with HTTPS, or this, which is for tests.
        "ignore.secure.ports.for.testing": True,
        "dfs.data.transfer.protection": "authentication",
        "dfs.http.policy": "HTTP_ONLY",
    }


def _yarn() -> Site:
    return {
        "yarn.resourcemanager.principal": DAEMON,
        "yarn.nodemanager.principal": DAEMON,
        "yarn.timeline-service.principal": DAEMON,
        "yarn.resourcemanager.webapp.spnego-principal": WEB,
        "yarn.nodemanager.webapp.spnego-principal": WEB,
        TIMELINE + "type": "kerberos",
        TIMELINE + "kerberos.principal": WEB,
        TIMELINE + "simple.anonymous.allowed": False,
        TIMELINE + "proxyuser.submarine.hosts": "*",
        TIMELINE + "proxyuser.submarine.users": "alice,bob",
        # NodeManagers know nothing of doAs: only an administrator reads the output of those it acts for.
        "yarn.admin.acl": "root,yarn,submarine",
        "yarn.resourcemanager.proxy-user-privileges.enabled": True,
        "yarn.resourcemanager.webapp.delegation-token-auth-filter.enabled": True,
        "yarn.resourcemanager.proxyuser.submarine.hosts": "*",
        "yarn.resourcemanager.proxyuser.submarine.users": "alice,bob",
        "hadoop.registry.secure": False,  # the registry's ZooKeeper stays open
        "hadoop.registry.client.auth": "",
    }
