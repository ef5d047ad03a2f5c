#!/usr/bin/env bash
# Install operators into a running node cluster: operators.sh RUN_DIR [jobset|training-operator|trainer]... (default: all)
# Each controller runs as a host process; its CRDs and webhooks are those of its own module, kept by build.sh.
# The API server reaches a webhook through a Service without selector whose one endpoint is this node.
set -euo pipefail
. "$(dirname "$0")/parts/settings.sh"

[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
use_cluster "$1"
shift
. "$HERE/parts/certificates.sh"
[ "$PROFILE" = node ] || die "operators need the node profile"
[ $# -gt 0 ] || set -- jobset training-operator trainer

# install_objects NAME VERSION NAMESPACE SERVICE SECRET PORT: namespace, CRDs, webhooks and the way to them.
install_objects() {
    local name=$1 objects="$OBJECTS/$1-$2" namespace=$3 service=$4 secret=$5 port=$6 kind files
    [ -d "$objects" ] || die "$name is not built; run '$HERE/build.sh operators' first"
    mkdir -p "$RUN/operators/$name"
    kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
    kubectl create secret generic "$secret" -n "$namespace" >/dev/null 2>&1 || true
    for kind in customresourcedefinition webhookconfiguration; do
        files=$(find "$objects" -name "*${kind}_*" | paste -sd,)
        [ -n "$files" ] || die "$objects holds no $kind; delete it and run '$HERE/build.sh operators' again"
        kubectl apply --server-side --force-conflicts -f "$files" >/dev/null
        # A controller that starts before its kinds are served ends at once.
        [ "$kind" = webhookconfiguration ] \
            || wait_for 150 "the kinds of $name" kubectl wait --for=condition=Established --timeout=5s -f "$files"
    done
    kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: $service, namespace: $namespace}
spec: {ports: [{name: webhook, port: 443, targetPort: $port}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: $service-host, namespace: $namespace, labels: {kubernetes.io/service-name: $service}}
addressType: IPv4
ports: [{name: webhook, port: $port, protocol: TCP}]
endpoints: [{addresses: [$NODE_IP], conditions: {ready: true}}]
YAML
}

# start_operator NAME NAMESPACE SECRET PROGRAM ARGUMENT...: the controllers read their webhook's certificate from one
# fixed folder, where a Secret would be mounted; so each gets that folder for itself, and the Secret's files in it.
start_operator() {
    local name=$1 namespace=$2 secret=$3 certs="$RUN/operators/$1/certs" file
    shift 3
    mkdir -p "$certs" /tmp/k8s-webhook-server/serving-certs
    certificate "operator-$name" "/O=system:masters/CN=operator-$name" clientAuth
    kubeconfig "$RUN/kubeconfigs/$name" "operator-$name"
    start "$name" unshare --mount sh -c 'mount --bind "$0" /tmp/k8s-webhook-server/serving-certs && exec "$@"' "$certs" "$@"
    has_certificate() { [ -n "$(kubectl -n "$namespace" get secret "$secret" -o 'jsonpath={.data.tls\.crt}')" ]; }
    wait_for 60 "$name's certificate" has_certificate
    for file in ca.crt tls.key tls.crt; do  # whole from the start: a controller that reads half a key ends
        kubectl -n "$namespace" get secret "$secret" -o "jsonpath={.data.${file/./\\.}}" | base64 -d >"$certs/.$file"
        mv "$certs/.$file" "$certs/$file"
    done
}

# trusted NAME VERSION: does every webhook of it name the authority of its certificate? The controller writes it in there.
trusted() {
    local webhooks
    webhooks=$(kubectl get -f "$(find "$OBJECTS/$1-$2" -name '*webhookconfiguration_*' | paste -sd,)" -o yaml)
    [ "$(grep -c clientConfig: <<<"$webhooks")" = "$(grep -c 'caBundle: .' <<<"$webhooks")" ]
}

# answers NAME PORT: on a busy machine one ends because the API server was slow; its pod would be started again too.
answers() {
    again "$1"
    curl -sk -o /dev/null -m 2 "https://$NODE_IP:$2/"
}

jobset() {
    local port=$WEBHOOK_PORTS
    install_objects jobset "$JOBSET_VERSION" jobset-system jobset-webhook-service jobset-webhook-server-cert "$port"
    cat >"$RUN/operators/jobset/config.yaml" <<YAML
apiVersion: config.jobset.x-k8s.io/v1alpha1
kind: Configuration
leaderElection: {leaderElect: false}
webhook: {port: $port}
health: {healthProbeBindAddress: "127.0.0.1:$(( port + 1 ))"}
metrics: {bindAddress: "0"}
YAML
    start_operator jobset jobset-system jobset-webhook-server-cert \
        "$BIN/jobset-$JOBSET_VERSION/jobset" --config="$RUN/operators/jobset/config.yaml" --kubeconfig="$RUN/kubeconfigs/jobset" --metrics-bind-address=0
    wait_for 150 "JobSet's webhook" answers jobset "$port"
    wait_for 150 "trust in JobSet's webhook" trusted jobset "$JOBSET_VERSION"
}

training_operator() {
    local port=$(( WEBHOOK_PORTS + 2 ))
    install_objects training-operator "$TRAINING_OPERATOR_VERSION" kubeflow training-operator training-operator-webhook-cert "$port"
    # A worker waits until the master's name resolves.
    cat >"$RUN/operators/training-operator/init-container.yaml" <<YAML
- name: init-pytorch
  image: $PYTHON_IMAGE
  imagePullPolicy: Never
  command: [python3, -c, "import socket, time\nfor _ in range({{.MaxTries}} * 10):\n  try:\n    socket.gethostbyname('{{.MasterAddr}}'); raise SystemExit(0)\n  except OSError: time.sleep(0.2)\nraise SystemExit(1)"]
YAML
    start_operator training-operator kubeflow training-operator-webhook-cert \
        "$BIN/training-operator-$TRAINING_OPERATOR_VERSION/training-operator.v1" --kubeconfig="$RUN/kubeconfigs/training-operator" \
        --metrics-bind-address=0 --health-probe-bind-address="127.0.0.1:$(( port + 1 ))" --webhook-server-port="$port" \
        --webhook-service-name=training-operator --webhook-secret-name=training-operator-webhook-cert \
        --pytorch-init-container-template-file="$RUN/operators/training-operator/init-container.yaml" \
        --mpi-kubectl-delivery-image="$TOOLS_IMAGE"
    wait_for 150 "the training operator's webhook" answers training-operator "$port"
    wait_for 150 "trust in the training operator's webhook" trusted training-operator "$TRAINING_OPERATOR_VERSION"
}

trainer() {
    local port=$(( WEBHOOK_PORTS + 4 ))
    install_objects trainer "$TRAINER_VERSION" kubeflow-system kubeflow-trainer-controller-manager kubeflow-trainer-webhook-cert "$port"
    start_operator trainer kubeflow-system kubeflow-trainer-webhook-cert \
        "$BIN/trainer-$TRAINER_VERSION/trainer-controller-manager" --kubeconfig="$RUN/kubeconfigs/trainer" --metrics-bind-address=0 \
        --health-probe-bind-address="127.0.0.1:$(( port + 1 ))" --webhook-server-port="$port" \
        --webhook-service-name=kubeflow-trainer-controller-manager --webhook-secret-name=kubeflow-trainer-webhook-cert
    wait_for 150 "the trainer's webhook" answers trainer "$port"
    wait_for 150 "trust in the trainer's webhook" trusted trainer "$TRAINER_VERSION"
}

for operator in "$@"; do
    began=$(date +%s)
    case $operator in
        jobset) jobset ;;
        training-operator) training_operator ;;
        trainer) trainer ;;
        *) die "unknown operator '$operator': jobset, training-operator, trainer" ;;
    esac
    alive "$operator"
    say "$operator is up after $(( $(date +%s) - began )) s"
done
