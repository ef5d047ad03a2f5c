#!/usr/bin/env bash
# Start a Kubernetes: up.sh [RUN_DIR] [--profile node|scale] [--ports FIRST] [--registry] [--operators]
#   node   one real node: containerd, kubelet, kube-proxy, DNS (default; one per machine, needs root)
#   scale  no kubelet; KWOK plays the nodes (any number of clusters, each with ports of its own)
# The administrator's kubeconfig is RUN_DIR/kubeconfig. Run again, it starts what is not running.
set -euo pipefail
. "$(dirname "$0")/parts/settings.sh"
. "$HERE/parts/requirements.sh"

usage() { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
RUN="" PROFILE=node PORTS="" WITH_REGISTRY=no WITH_OPERATORS=no
while [ $# -gt 0 ]; do
    case $1 in
        --profile) PROFILE=${2:?}; shift 2 ;;
        --ports) PORTS=${2:?}; shift 2 ;;
        --registry) WITH_REGISTRY=yes; shift ;;
        --operators) WITH_OPERATORS=yes; shift ;;
        -*) usage ;;
        *) [ -z "$RUN" ] || usage; RUN=$1; shift ;;
    esac
done
RUN=${RUN:-$DEFAULT_RUN_DIR}
[ -n "$PORTS" ] || { PORTS=27400; [ "$PROFILE" = node ] || PORTS=27500; }
if [ "$PROFILE" = node ]; then
    require_machine
    owner=$(cat "$NODE_OWNER" 2>/dev/null || true)
    [ -z "$owner" ] || [ "$owner" = "$(realpath -m "$RUN")" ] || [ ! -d "$owner/pids" ] \
        || die "this machine's one real node belongs to $owner; run '$HERE/down.sh $owner' first"
fi
[ -x "$K8S/kube-apiserver" ] && [ -x "$BIN/etcd-$ETCD_VERSION/etcd" ] || die "Kubernetes is not built; run '$HERE/build.sh' first"
mkdir -p "$RUN"
wanted=$PROFILE
use_cluster "$RUN"
[ "$PROFILE" = "$wanted" ] || die "$RUN holds a cluster of profile $PROFILE; run '$HERE/down.sh $RUN' first"
[ ${#RUN} -le 60 ] || die "$RUN: a socket's path may have 108 characters, so choose a run directory of at most 60"
. "$HERE/parts/certificates.sh"
. "$HERE/parts/control_plane.sh"
. "$HERE/parts/node.sh"

began=$(date +%s%N)
[ "$PROFILE" = scale ] || echo "$RUN" >"$NODE_OWNER"
printf 'PROFILE=%s\nPORTS=%s\n' "$PROFILE" "$PORTS" >"$RUN/cluster.env"

prepare_control_plane
left=$(cd "$RUN/pids" 2>/dev/null && ls -- *.cmd 2>/dev/null | sed 's/\.cmd$//') || true  # of an earlier run
"up_$PROFILE"
for name in $left; do again "$name"; done
for name in "$RUN"/pids/*.cmd; do alive "$(basename "$name" .cmd)"; done
say "Kubernetes $KUBERNETES_VERSION ($PROFILE) is up after $(( ($(date +%s%N) - began) / 1000000 )) ms: KUBECONFIG=$RUN/kubeconfig"
[ "$WITH_REGISTRY" = no ] || "$HERE/registry.sh" "$RUN"
[ "$WITH_OPERATORS" = no ] || "$HERE/operators.sh" "$RUN"
