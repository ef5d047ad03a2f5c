#!/usr/bin/env bash
# Start a real Hadoop on loopback: up.sh [RUN_DIR] [--profile plain|ha|secure|bare] [--ports FIRST]
#   plain   a NameNode, a DataNode, a ResourceManager, two NodeManagers, ZooKeeper, timeline and history server
#   ha      two NameNodes and two ResourceManagers, of which one each is active
#   secure  Kerberos everywhere
#   bare    as plain without YARN's services, hence without ZooKeeper, and without the distributed shell
# What runs is left alone, on the same data. RUN_DIR/endpoints.json tells where everything is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/parts/settings.sh"
. "$HERE/parts/processes.sh"
. "$HERE/parts/kerberos.sh"

RUN="" PROFILE="" FIRST=""
while [ $# -gt 0 ]; do
    case $1 in
        --profile) PROFILE=$2; shift 2 ;;
        --ports) FIRST=$2; shift 2 ;;
        -*) sed -n '2,7s/^# //p' "$0" >&2; exit 2 ;;
        *) RUN=$1; shift ;;
    esac
done
PROFILE=${PROFILE:-$(cat "$RUN/profile" 2>/dev/null || echo plain)}
case $PROFILE in plain) default=19000 ;; ha) default=19100 ;; secure) default=19200 ;; bare) default=19300 ;; *) die "unknown profile $PROFILE; plain, ha, secure or bare" ;; esac
RUN=${RUN:-$(default_run_dir "$PROFILE")}
mkdir -p "$RUN"
RUN="$(cd "$RUN" && pwd)"
FIRST=${FIRST:-$(cat "$RUN/first-port" 2>/dev/null || echo $default)}
[ "$(cat "$RUN/profile" 2>/dev/null || echo "$PROFILE")" = "$PROFILE" ] \
    || die "$RUN has a cluster of profile $(cat "$RUN/profile"); take another folder"
require_java
[ "$PROFILE" != secure ] || require_kerberos
"$HERE/build.sh"
echo "$PROFILE" >"$RUN/profile"
echo "$FIRST" >"$RUN/first-port"
mkdir -p "$RUN"/{pids,logs,tmp} "$RUN"/data/{zk,labels,rm1,nm1,nm2}
PYTHONPATH="$HERE/../../.." python3 -m tests.clusters.hadoop.configure "$RUN" "$LIB" "$PROFILE" "$FIRST"

KERBEROS="" SHIM=""
if [ "$PROFILE" = secure ]; then
    start_kdc
    KERBEROS="-Djava.security.krb5.conf=$RUN/krb5.conf"
    build_shim
fi

hdfs=org.apache.hadoop.hdfs.server yarn=org.apache.hadoop.yarn.server
nns=nn1 rms=rm1
[ "$PROFILE" != ha ] || { nns="nn1 nn2" rms="rm1 rm2"; }

[ -f "$RUN/data/nn1/current/VERSION" ] || once format nn1 $hdfs.namenode.NameNode -format -force -nonInteractive
[ "$PROFILE" = bare ] || daemon zk client 96m org.apache.zookeeper.server.quorum.QuorumPeerMain "$RUN/conf/zoo.cfg"
if [ "$PROFILE" = ha ]; then
    [ -d "$RUN/data/nn2/current" ] || { mkdir -p "$RUN/data/nn2" && cp -a "$RUN/data/nn1/current" "$RUN/data/nn2/"; }
    [ -f "$RUN/elections" ] || { once elections nn1 org.apache.hadoop.hdfs.tools.DFSZKFailoverController -formatZK -force -nonInteractive && touch "$RUN/elections"; }
    for name in nn1 nn2; do daemon "zkfc${name#nn}" $name 96m org.apache.hadoop.hdfs.tools.DFSZKFailoverController; done
fi
for name in $nns; do daemon $name $name 256m $hdfs.namenode.NameNode; done
for name in $rms; do daemon $name $name 448m $yarn.resourcemanager.ResourceManager; done
daemon dn dn 160m $hdfs.datanode.DataNode
for name in nm1 nm2; do daemon $name $name 224m $yarn.nodemanager.NodeManager; done
daemon ats ats 256m $yarn.applicationhistoryservice.ApplicationHistoryServer
daemon jhs jhs 224m org.apache.hadoop.mapreduce.v2.hs.JobHistoryServer

at() {
    local scheme=http
    case $1 in rm* | nm* | ats) [ ! -f "$RUN/tls/localhost.p12" ] || scheme=https ;; esac
    echo "$scheme://localhost:$(port "$1_http")"
}
for name in $nns; do answers $name "$(at $name)/jmx?qry=nothing"; done
python3 "$HERE/layout.py" "$RUN"
for name in $rms; do answers $name "$(at $name)/ws/v1/cluster/info"; done
for name in nm1 nm2; do answers $name "$(at $name)/ws/v1/node/info"; done
answers ats "$(at ats)/ws/v1/applicationhistory/about"
answers jhs "$(at jhs)/ws/v1/history/info"
python3 "$HERE/layout.py" "$RUN" nodes
say "Hadoop $HADOOP_VERSION ($PROFILE) is up after ${SECONDS} s: $RUN/endpoints.json"
