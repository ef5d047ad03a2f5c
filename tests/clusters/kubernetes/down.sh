#!/usr/bin/env bash
# End a cluster and give back what it used: down.sh [RUN_DIR]. Only the logs stay, in RUN_DIR/logs.
set -euo pipefail
. "$(dirname "$0")/parts/settings.sh"

[ $# -le 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
dir=${1:-$DEFAULT_RUN_DIR}
[ -s "$dir/cluster.env" ] || { say "$dir: no cluster there"; exit 0; }
use_cluster "$dir"
. "$HERE/parts/control_plane.sh"
. "$HERE/parts/node.sh"

# What stands on Kubernetes first, then its own programs in the reverse order of their start.
own="kubelet kube-proxy coredns kube-scheduler kube-controller-manager containerd kube-apiserver etcd"
for file in "$RUN"/pids/*.cmd; do
    name=$(basename "$file" .cmd)
    case " $own " in *" $name "*) ;; *) stop "$name" ;; esac
done
for name in kubelet kube-proxy coredns kube-scheduler kube-controller-manager; do stop "$name" 5; done
if [ "$PROFILE" = node ]; then
    clean_node
    rm -f "$NODE_OWNER"
fi
stop kube-apiserver 3 # it waits for open watches, which need not end
stop etcd 5
find "$RUN" -mindepth 1 -maxdepth 1 ! -name logs -exec rm -rf --one-file-system {} +
say "Kubernetes ($PROFILE) in $RUN is down; its logs are in $RUN/logs"
