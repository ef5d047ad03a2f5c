# The one real node: network, containerd, kubelet, kube-proxy and DNS; source it after control_plane.sh.
# shellcheck shell=bash

BRIDGE=smk8s0

prepare_network() {
    mkdir -p "$RUN/saved"
    [ -s "$RUN/saved/ip_forward" ] || sysctl -n net.ipv4.ip_forward >"$RUN/saved/ip_forward"
    if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
        ip link add "$BRIDGE" type bridge
        ip addr add "$NODE_IP/24" dev "$BRIDGE"
        ip link set "$BRIDGE" up
    fi
    sysctl -qw net.ipv4.ip_forward=1
    # Without it, the answer of a pod on the same bridge would bypass the translation of a Service's address.
    sysctl -qw net.bridge.bridge-nf-call-iptables=1 || die "the kernel has no br_netfilter"
    # A Service's address is translated before it is routed; one that no Service has must not leave the machine.
    ip route replace "$SERVICE_CIDR" dev "$BRIDGE" src "$NODE_IP"
    # Pods reach each other and this node, nothing else.
    nft -f - <<NFT
table inet submarine-k8s
delete table inet submarine-k8s
table inet submarine-k8s {
    chain forward {
        type filter hook forward priority filter; policy accept;
        iifname "$BRIDGE" oifname != "$BRIDGE" drop
        oifname "$BRIDGE" iifname != "$BRIDGE" drop
    }
    chain input {
        type filter hook input priority filter; policy accept;
        iifname != { "lo", "$BRIDGE" } tcp dport { 10250, $PORTS-$(( PORTS + 40 )) } drop
    }
    chain output {
        type filter hook output priority 200; policy accept;
        ip daddr { $SERVICE_CIDR, $POD_CIDR } oifname != { "lo", "$BRIDGE" } drop
    }
}
NFT
}

containerd_config() {
    mkdir -p "$RUN/cni" "$RUN/registry/hosts" "$RUN/containerd"
    cat >"$RUN/cni/10-submarine.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "submarine", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "dataDir": "$RUN/cni-leases", "ranges": [[{"subnet": "$POD_CIDR", "gateway": "$NODE_IP"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
    cat >"$RUN/containerd/config.toml" <<TOML
version = 2
root = "$RUN/containerd/root"
state = "$RUN/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$RUN/containerd/sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$RUN/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"
  max_concurrent_downloads = 2
  # Root may lack CAP_SYS_RESOURCE here, and runc then cannot make a container less killable than itself.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$RUN/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$RUN/registry/hosts"
TOML
}

kubelet_config() {
    mkdir -p "$RUN/kubelet" "$RUN/pod-logs"
    : >"$RUN/resolv.conf"
    cat >"$RUN/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
port: 10250
healthzBindAddress: 127.0.0.1
healthzPort: $KUBELET_HEALTH_PORT
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $PKI/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $PKI/kubelet-server.crt
tlsPrivateKeyFile: $PKI/kubelet-server.key
containerRuntimeEndpoint: unix://$RUN/containerd/sock
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
clusterDNS: [$NODE_IP]
clusterDomain: cluster.local
resolvConf: $RUN/resolv.conf
podLogsDir: $RUN/pod-logs
volumePluginDir: $RUN/kubelet/volume-plugins
imagePullCredentialsVerificationPolicy: NeverVerifyAllowlistedImages
preloadedImagesVerificationAllowlist: ["localhost/submarine/*"]
imageGCHighThresholdPercent: 100
imageMinimumGCAge: 24h
evictionHard: {memory.available: 200Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
maxPods: 200
serializeImagePulls: false
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 100
kubeAPIBurst: 200
nodeStatusUpdateFrequency: 5s
nodeLeaseDurationSeconds: 20
YAML
}

prepare_node() {
    certificate kubelet "/O=system:nodes/CN=system:node:$NODE_NAME" clientAuth
    certificate kubelet-server "/CN=$NODE_NAME" serverAuth "DNS:$NODE_NAME,IP:$NODE_IP"
    certificate kube-proxy /CN=system:kube-proxy clientAuth
    certificate coredns /CN=system:coredns clientAuth
    local name
    for name in kubelet kube-proxy coredns; do
        kubeconfig "$RUN/kubeconfigs/$name" "$name"
    done
    containerd_config
    kubelet_config
    cat >"$RUN/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: $NODE_NAME
clientConnection: {kubeconfig: "$RUN/kubeconfigs/kube-proxy"}
clusterCIDR: $POD_CIDR
detectLocalMode: ClusterCIDR
bindAddress: $NODE_IP
healthzBindAddress: 127.0.0.1:$PROXY_HEALTH_PORT
metricsBindAddress: 127.0.0.1:$PROXY_METRICS_PORT
nodePortAddresses: [$NODE_IP/32]
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
oomScoreAdj: 0
nftables: {minSyncPeriod: 100ms}
YAML
    cat >"$RUN/Corefile" <<COREFILE
cluster.local:53 in-addr.arpa:53 {
    bind $NODE_IP
    errors
    health 127.0.0.1:$DNS_HEALTH_PORT
    ready 127.0.0.1:$DNS_READY_PORT
    kubernetes cluster.local in-addr.arpa {
        kubeconfig $RUN/kubeconfigs/coredns
        pods insecure
        ttl 2
    }
    cache 2
}
.:53 {
    bind $NODE_IP
    errors
    template ANY ANY {
        rcode NXDOMAIN
    }
}
COREFILE
}

start_containerd() { start containerd containerd --config "$RUN/containerd/config.toml" --log-level warn; }
ctr()              { command ctr --address "$RUN/containerd/sock" --namespace k8s.io "$@"; }

start_kubelet() {
    start kubelet "$K8S/kubelet" --config="$RUN/kubelet.yaml" --kubeconfig="$RUN/kubeconfigs/kubelet" --root-dir="$RUN/kubelet" \
        --hostname-override="$NODE_NAME" --node-ip="$NODE_IP" --cert-dir="$RUN/kubelet/pki" --v=1
}

start_proxy() { start kube-proxy "$K8S/kube-proxy" --config="$RUN/kube-proxy.yaml"; }
start_dns()   { start coredns "$BIN/coredns-$COREDNS_VERSION/coredns" -conf "$RUN/Corefile"; }

# import_image ARCHIVE NAME: into containerd, unless it has it. Pinned, so that the kubelet never removes it.
import_image() {
    [ -s "$1" ] || die "there is no $1; run '$HERE/build.sh images' first"
    ctr images ls -q 2>/dev/null | grep -qx "$2" && return
    ctr images import "$1" >/dev/null || die "containerd did not take $1"
    ctr images label "$2" io.cri-containerd.pinned=pinned >/dev/null || die "$1 does not hold $2"
}

up_node() {
    prepare_network
    prepare_node
    scheduler_config 100 200
    # kill -9 loses nothing without fsync, only a crash of the machine would.
    start_etcd --unsafe-no-fsync
    start_containerd
    wait_for 30 containerd ctr version
    start_apiserver
    start_dns
    import_image "$IMAGES/pause.tar" "$PAUSE_IMAGE"
    import_image "$PYTHON_ARCHIVE" "$PYTHON_IMAGE"
    wait_for_api
    kubectl apply -f "$HERE/manifests/node.yaml" >/dev/null
    start_controller_manager --kube-api-qps=100 --kube-api-burst=200
    start_scheduler
    start_kubelet
    start_proxy
    wait_for 60 "node $NODE_NAME ready" node_ready
    wait_for 30 DNS bash -c "</dev/tcp/127.0.0.1/$DNS_READY_PORT"
    wait_for 30 "the default service account" kubectl -n default get serviceaccount default
}

node_ready() {
    [ "$(kubectl get node "$NODE_NAME" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
}

# clean_node: end every container and give back what the machine lent (network, mounts, cgroups).
clean_node() {
    local id pid ns mount dir saved
    if running containerd; then
        for id in $(ctr tasks ls -q 2>/dev/null); do
            ctr tasks kill -s KILL "$id" >/dev/null 2>&1 || true
        done
        for id in $(ctr containers ls -q 2>/dev/null); do
            ctr tasks rm -f "$id" >/dev/null 2>&1 || true
            ctr containers rm "$id" >/dev/null 2>&1 || true
        done
    fi
    stop containerd
    # A shim outlives containerd by design; ours are those that were told our socket.
    for dir in /proc/[0-9]*; do
        pid=${dir#/proc/}
        if tr '\0' ' ' 2>/dev/null <"$dir/cmdline" | grep -q "containerd-shim.* -address $RUN/containerd/sock"; then
            kill -KILL "$pid" 2>/dev/null || true
        fi
    done
    # What a killed shim left behind: processes in this cluster's cgroups.
    for dir in $(find /sys/fs/cgroup/memory/kubepods /sys/fs/cgroup/kubepods -name cgroup.procs 2>/dev/null); do
        while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done <"$dir"
    done
    sleep 0.2
    awk -v run="$RUN/" 'index($2, run) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do
        umount "$mount" 2>/dev/null || umount -l "$mount" 2>/dev/null || say "could not unmount $mount"
    done
    for ns in /run/netns/cni-*; do
        [ -e "$ns" ] || continue
        ns=${ns##*/}
        if ip -n "$ns" -o -4 addr 2>/dev/null | grep -q " ${POD_CIDR%.*}\." || ! ip -n "$ns" -o link 2>/dev/null | grep -q veth; then
            ip netns del "$ns" 2>/dev/null || { umount -l "/run/netns/$ns" 2>/dev/null; rm -f "/run/netns/$ns"; }
        fi
    done
    rm -f /var/lib/cni/results/submarine-* 2>/dev/null || true
    ip link del "$BRIDGE" 2>/dev/null || true
    nft delete table inet submarine-k8s 2>/dev/null || true
    nft delete table ip kube-proxy 2>/dev/null || true
    nft delete table ip6 kube-proxy 2>/dev/null || true
    for dir in /sys/fs/cgroup/*/kubepods /sys/fs/cgroup/kubepods; do
        [ -d "$dir" ] || continue
        find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || say "could not remove $dir"
    done
    if [ -s "$RUN/saved/ip_forward" ]; then
        saved=$(cat "$RUN/saved/ip_forward")
        sysctl -qw net.ipv4.ip_forward="$saved"
    fi
}
