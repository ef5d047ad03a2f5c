# Where things are, and the names, addresses and ports of one cluster; source it.
#   use_cluster RUN_DIR  one that up.sh made (RUN, PROFILE, PORTS), or with PROFILE and PORTS set a new one
# shellcheck shell=bash
# shellcheck disable=SC2034

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=../versions.env
. "$HERE/versions.env"
. "$HERE/parts/processes.sh"

CACHE="${SUBMARINE_CACHE:-$HOME/.cache/submarine-clusters}/kubernetes"
BIN="$CACHE/bin"
IMAGES="$CACHE/images"
OBJECTS="$CACHE/objects"
K8S="$BIN/kubernetes-$KUBERNETES_VERSION"

PAUSE_IMAGE=localhost/submarine/pause:1
PYTHON_IMAGE=localhost/submarine/python:1
TOOLS_IMAGE=localhost/submarine/tools:1
PYTHON_ARCHIVE="$IMAGES/python-$PYTHON_IMAGE_VERSION.tar"

DEFAULT_RUN_DIR="${SUBMARINE_KUBERNETES:-/tmp/submarine-kubernetes}"
# A machine has one real node; this file names the run directory that it belongs to.
NODE_OWNER=/run/submarine-kubernetes-node

SERVICE_CIDR=10.96.0.0/16
SERVICE_FIRST_IP=10.96.0.1
POD_CIDR=10.244.0.0/24
NODE_IP=10.244.0.1
NODE_NAME=node-0

REGISTRY_USER=submarine
REGISTRY_PASSWORD=submarine-secret

use_cluster() {
    RUN="$(cd "$1" 2>/dev/null && pwd)" || die "$1: no such directory"
    if [ -s "$RUN/cluster.env" ]; then
        . "$RUN/cluster.env"
    elif [ -z "${PROFILE:-}" ]; then
        die "$RUN: no cluster there"
    fi
    PKI="$RUN/pki"
    ETCD_PORT=$PORTS
    ETCD_PEER_PORT=$(( PORTS + 1 ))
    APISERVER_PORT=$(( PORTS + 2 ))
    CONTROLLER_MANAGER_PORT=$(( PORTS + 3 ))
    SCHEDULER_PORT=$(( PORTS + 4 ))
    KUBELET_HEALTH_PORT=$(( PORTS + 5 ))
    PROXY_HEALTH_PORT=$(( PORTS + 6 ))
    PROXY_METRICS_PORT=$(( PORTS + 7 ))
    DNS_HEALTH_PORT=$(( PORTS + 8 ))
    DNS_READY_PORT=$(( PORTS + 9 ))
    REGISTRY_PORT=$(( PORTS + 10 ))
    KWOK_PORT=$(( PORTS + 12 ))
    WEBHOOK_PORTS=$(( PORTS + 20 ))      # two each for the operators
    case $PROFILE in
        node)  APISERVER_ADDRESS=$NODE_IP ;;
        scale) APISERVER_ADDRESS=127.0.0.1 ;;
        *) die "unknown profile '$PROFILE': node, scale" ;;
    esac
    APISERVER_URL="https://$APISERVER_ADDRESS:$APISERVER_PORT"
    REGISTRY="127.0.0.1:$REGISTRY_PORT"
}

kubectl() { "$K8S/kubectl" --kubeconfig "$RUN/kubeconfig" "$@"; }
