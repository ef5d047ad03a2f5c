"""Which names may be people's in Hadoop: none of a daemon, of an administrator, or of the server itself.

The fence is Hadoop's own rule, hadoop.proxyuser. This one stands before it, as that rule is often
written for whole groups, and as names in Submarine are given by people who may rule nothing in Hadoop.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 64
_USUAL: Final = re.compile(r"[a-z_][a-z0-9._-]{0,31}")
"""A short Unix name, as useradd and the directories of companies give them."""
_POSSIBLE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*[A-Za-z_][A-Za-z0-9._-]*|[A-Za-z_]")
"""What an operator may name: no path, no number of an account, no part of an address."""
_SERVICES: Final = """
    root daemon bin sys adm nobody dr.who anonymous hadoop hdfs yarn mapred mapreduce yarn-ats httpfs kms
    ats accumulo ambari-qa atlas cloudera-scm cruisecontrol druid flink flume hbase hcat hive hue impala
    infra-solr kafka keyadmin knox kudu livy llama logsearch nifi oozie ozone phoenix presto ranger
    rangerkms rangerlookup rangertagsync rangerusersync sentry solr spark spark2 sqoop sqoop2 storm
    streamsmsgmgr superset tez trino zeppelin zookeeper
"""
"""Those of Hadoop's own daemons and of what is usually installed beside them, who may do more than people."""
_DAEMONS: Final = frozenset(_SERVICES.split())


def unfit(name: str, me: str) -> str | None:
    """Return why nobody may run as *name* where the server is *me*, None if somebody may."""
    if name.casefold() == me.casefold():
        return f"{name} is the server itself"
    if name.casefold() in _DAEMONS:
        return f"{name} is no person's account"
    return None


def usual(name: str) -> bool:
    """Tell whether *name* is a short Unix name as people have them."""
    return _USUAL.fullmatch(name) is not None


def possible(name: str) -> bool:
    """Tell whether Hadoop may know somebody as *name*."""
    return len(name) <= _LONGEST and _POSSIBLE.fullmatch(name) is not None
