#!/usr/bin/env bash
# Build the cluster's programs from their Go modules, and its images, into the cache:
# build.sh [images|core|kwok|operators]... (default: all). What the cache has at this version is not built again.
set -euo pipefail
. "$(dirname "$0")/parts/settings.sh"
. "$HERE/parts/requirements.sh"

# With CGO off the programs are static; a larger heap saves the compiler a tenth of its time.
export GOFLAGS="-buildvcs=false -p=${SUBMARINE_BUILD_JOBS:-2}" CGO_ENABLED=0 GOTOOLCHAIN=local GOGC="${GOGC:-300}"

# build NAME VERSION LDFLAGS PACKAGE...: go/NAME's packages into $BIN/NAME-VERSION/.
build() {
    local name=$1 version=$2 ldflags=$3 out="$BIN/$1-$2" began
    shift 3
    mkdir -p "$BIN"
    exec 9>"$BIN/$name.lock"
    flock 9
    if [ ! -d "$out" ]; then
        require_go
        began=$(date +%s)
        say "$name $version: building $# program(s)"
        rm -rf "$out.new"
        mkdir -p "$out.new"
        (cd "$HERE/go/$name" && go build -trimpath -ldflags "-s -w $ldflags" -o "$out.new/" "$@") 9>&- \
            || die "$name $version did not build"
        mv "$out.new" "$out"
        say "$name $version: built in $(( $(date +%s) - began )) s"
    fi
    exec 9>&-
}

core() {
    local v="k8s.io/component-base/version" major minor
    IFS=. read -r major minor _ <<<"$KUBERNETES_VERSION"
    build etcd "$ETCD_VERSION" "" .
    build coredns "$COREDNS_VERSION" "-X github.com/coredns/coredns/coremain.GitCommit=module" .
    # Without these the programs say that they are version 0.0.0.
    build kubernetes "$KUBERNETES_VERSION" \
        "-X $v.gitVersion=v$KUBERNETES_VERSION -X $v.gitMajor=$major -X $v.gitMinor=$minor -X $v.gitTreeState=clean -X $v.buildDate=1970-01-01T00:00:00Z" \
        k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kube-proxy,kubelet,kubectl}
}

kwok() { build kwok "$KWOK_VERSION" "-X sigs.k8s.io/kwok/pkg/consts.Version=v$KWOK_VERSION" sigs.k8s.io/kwok/cmd/kwok; }

# module NAME PATH: where the module cache has the files that go/NAME depends on.
module() { (cd "$HERE/go/$1" && go mod download "$2" && go list -m -f '{{.Dir}}' "$2"); }

# objects NAME VERSION NAMESPACE MODULE FOLDER...: the CRDs and webhooks that a module ships, into $OBJECTS/NAME-VERSION/.
objects() {
    local name=$1 namespace=$3 out="$OBJECTS/$1-$2" source folder
    [ ! -d "$out" ] || return 0
    require_go
    source=$(module "$name" "$4")
    shift 4
    rm -rf "$out.new"
    for folder in "$@"; do
        mkdir -p "$out.new/${folder//\//-}"
        "$K8S/kubectl" kustomize "$source/$folder" -o "$out.new/${folder//\//-}" 2>/dev/null || die "$name: kustomize failed in $source/$folder"
    done
    find "$out.new" -type f ! -name '*_customresourcedefinition_*' ! -name '*webhookconfiguration_*' -delete
    # A base that is not an overlay names the namespace it is meant for only as "system".
    find "$out.new" -name '*.yaml' -exec sed -i "s/^\( *namespace: \)system\$/\1$namespace/" {} +
    # Trainer does not start without the kind that its co-scheduling plugin watches.
    [ "$name" != trainer ] || cp "$(module trainer sigs.k8s.io/scheduler-plugins)/config/crd/bases/scheduling.x-k8s.io_podgroups.yaml" \
        "$out.new/podgroups_customresourcedefinition_.yaml"
    chmod -R u+w "$out.new"
    mv "$out.new" "$out"
}

operators() {
    core
    build jobset "$JOBSET_VERSION" "" sigs.k8s.io/jobset
    objects jobset "$JOBSET_VERSION" jobset-system sigs.k8s.io/jobset config/default
    build training-operator "$TRAINING_OPERATOR_VERSION" "" github.com/kubeflow/training-operator/cmd/training-operator.v1
    objects training-operator "$TRAINING_OPERATOR_VERSION" kubeflow github.com/kubeflow/training-operator manifests/overlays/standalone
    build trainer "$TRAINER_VERSION" "" github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager
    objects trainer "$TRAINER_VERSION" kubeflow-system github.com/kubeflow/trainer/v2 manifests/base/crds manifests/base/webhook
}

images() {
    build pause 1 "" .
    "$HERE/images/build.sh"
}

[ $# -gt 0 ] || set -- images core kwok operators
require_machine
for part in "$@"; do
    case $part in
        images | core | kwok | operators) "$part" ;;
        *) die "unknown part '$part': images, core, kwok, operators" ;;
    esac
done
