# etcd, API server, controller manager and scheduler as host processes; source it after certificates.sh.
# shellcheck shell=bash

# prepare_control_plane: keys and kubeconfigs. APISERVER_ADDRESS and the *_PORT variables are set by the caller.
prepare_control_plane() {
    mkdir -p "$PKI" "$RUN/etcd" "$RUN/kubeconfigs"
    chmod 700 "$PKI" "$RUN/etcd"
    certificate_authority ca
    certificate_authority front-proxy-ca
    [ -s "$PKI/service-accounts.key" ] || openssl ecparam -genkey -name prime256v1 -noout -out "$PKI/service-accounts.key"
    [ -s "$PKI/service-accounts.pub" ] || openssl ec -in "$PKI/service-accounts.key" -pubout -out "$PKI/service-accounts.pub" 2>/dev/null
    certificate kube-apiserver /CN=kube-apiserver serverAuth \
        "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:$APISERVER_ADDRESS,IP:$SERVICE_FIRST_IP"
    certificate kube-apiserver-kubelet-client /CN=kube-apiserver-kubelet-client clientAuth
    certificate front-proxy-client /CN=front-proxy-client clientAuth "" front-proxy-ca
    certificate admin /O=system:masters/CN=admin clientAuth
    certificate kube-controller-manager /CN=system:kube-controller-manager clientAuth,serverAuth "IP:127.0.0.1"
    certificate kube-scheduler /CN=system:kube-scheduler clientAuth,serverAuth "IP:127.0.0.1"
    local name
    for name in kube-controller-manager kube-scheduler; do
        kubeconfig "$RUN/kubeconfigs/$name" "$name"
    done
    kubeconfig "$RUN/kubeconfig" admin
}

start_etcd() {
    start etcd "$BIN/etcd-$ETCD_VERSION/etcd" --name=etcd --data-dir="$RUN/etcd" \
        --listen-client-urls="http://127.0.0.1:$ETCD_PORT" --advertise-client-urls="http://127.0.0.1:$ETCD_PORT" \
        --listen-peer-urls="http://127.0.0.1:$ETCD_PEER_PORT" --initial-advertise-peer-urls="http://127.0.0.1:$ETCD_PEER_PORT" \
        --initial-cluster="etcd=http://127.0.0.1:$ETCD_PEER_PORT" \
        --quota-backend-bytes=8589934592 --auto-compaction-retention=5m --snapshot-count=10000 --log-level=warn "$@"
}

start_apiserver() {
    start kube-apiserver "$K8S/kube-apiserver" \
        --etcd-servers="http://127.0.0.1:$ETCD_PORT" \
        --bind-address="$APISERVER_ADDRESS" --advertise-address="$APISERVER_ADDRESS" --secure-port="$APISERVER_PORT" \
        --service-cluster-ip-range="$SERVICE_CIDR" --allow-privileged=true \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --anonymous-auth=false \
        --client-ca-file="$PKI/ca.crt" --tls-cert-file="$PKI/kube-apiserver.crt" --tls-private-key-file="$PKI/kube-apiserver.key" \
        --kubelet-certificate-authority="$PKI/ca.crt" \
        --kubelet-client-certificate="$PKI/kube-apiserver-kubelet-client.crt" --kubelet-client-key="$PKI/kube-apiserver-kubelet-client.key" \
        --kubelet-preferred-address-types=InternalIP \
        --requestheader-client-ca-file="$PKI/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
        --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
        --requestheader-username-headers=X-Remote-User \
        --proxy-client-cert-file="$PKI/front-proxy-client.crt" --proxy-client-key-file="$PKI/front-proxy-client.key" \
        --service-account-issuer=https://kubernetes.default.svc.cluster.local \
        --service-account-key-file="$PKI/service-accounts.pub" --service-account-signing-key-file="$PKI/service-accounts.key" \
        "$@"
}

start_controller_manager() {
    start kube-controller-manager "$K8S/kube-controller-manager" \
        --kubeconfig="$RUN/kubeconfigs/kube-controller-manager" --authentication-kubeconfig="$RUN/kubeconfigs/kube-controller-manager" \
        --authorization-kubeconfig="$RUN/kubeconfigs/kube-controller-manager" \
        --bind-address=127.0.0.1 --secure-port="$CONTROLLER_MANAGER_PORT" --leader-elect=false \
        --tls-cert-file="$PKI/kube-controller-manager.crt" --tls-private-key-file="$PKI/kube-controller-manager.key" \
        --use-service-account-credentials --service-account-private-key-file="$PKI/service-accounts.key" --root-ca-file="$PKI/ca.crt" \
        --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" \
        --service-cluster-ip-range="$SERVICE_CIDR" --allocate-node-cidrs=false "$@"
}

start_scheduler() {
    start kube-scheduler "$K8S/kube-scheduler" \
        --bind-address=127.0.0.1 --secure-port="$SCHEDULER_PORT" \
        --tls-cert-file="$PKI/kube-scheduler.crt" --tls-private-key-file="$PKI/kube-scheduler.key" \
        --authentication-kubeconfig="$RUN/kubeconfigs/kube-scheduler" --authorization-kubeconfig="$RUN/kubeconfigs/kube-scheduler" \
        --config="$RUN/kube-scheduler.yaml"
}

# scheduler_config QPS BURST
scheduler_config() {
    cat >"$RUN/kube-scheduler.yaml" <<YAML
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: "$RUN/kubeconfigs/kube-scheduler", qps: $1, burst: $2}
YAML
}

api_ready() { kubectl get --raw /readyz; }

wait_for_api() {
    local deadline=$(( $(date +%s) + 90 ))
    until api_ready >/dev/null 2>&1; do
        alive etcd
        alive kube-apiserver
        [ "$(date +%s)" -lt "$deadline" ] || die "the API server is not ready after 90 s; its log is $RUN/logs/kube-apiserver.log"
        sleep 0.3
    done
}

up_scale() {
    [ -x "$BIN/kwok-$KWOK_VERSION/kwok" ] || die "KWOK is not built; run '$HERE/build.sh kwok' first"
    scheduler_config 1000 2000
    start_etcd --unsafe-no-fsync
    start_apiserver --endpoint-reconciler-type=none --max-requests-inflight=1000 --max-mutating-requests-inflight=500
    wait_for_api
    # KWOK renews a lease of 200 s every 50 s; with the usual grace of 50 s pods would flap to not ready.
    start_controller_manager --kube-api-qps=1000 --kube-api-burst=2000 --concurrent-job-syncs=20 \
        --node-monitor-grace-period=300s --node-monitor-period=30s
    start_scheduler
    certificate kwok /O=system:masters/CN=kwok clientAuth
    kubeconfig "$RUN/kubeconfigs/kwok" kwok
    start kwok "$BIN/kwok-$KWOK_VERSION/kwok" --kubeconfig="$RUN/kubeconfigs/kwok" --manage-all-nodes=true \
        --server-address="127.0.0.1:$KWOK_PORT" --node-ip=127.0.0.1 --cidr=10.0.0.1/8 \
        --node-lease-duration-seconds=200 --v=WARN --config="$HERE/manifests/kwok.yaml"
    wait_for 30 "the default service account" kubectl -n default get serviceaccount default
}
