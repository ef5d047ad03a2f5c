# What the machine must have; source it after settings.sh.
# shellcheck shell=bash

PACKAGES=(containerd runc containernetworking-plugins nftables iptables conntrack iproute2 openssl curl
          docker-registry apache2-utils skopeo mmdebstrap)
PROGRAMS=(containerd runc /usr/lib/cni/bridge nft iptables conntrack ip openssl curl docker-registry htpasswd skopeo mmdebstrap)

missing_programs() {
    local program
    for program in "${PROGRAMS[@]}"; do command -v "$program" >/dev/null || echo "$program"; done
}

# require_machine: stop with one sentence where a real node cannot run.
require_machine() {
    local missing
    [ "$(uname -sm)" = "Linux x86_64" ] || die "a Kubernetes for the tests needs Linux on x86_64, and this is $(uname -sm)"
    [ "$(id -u)" = 0 ] || die "a Kubernetes for the tests needs root, for containers and their network; run it by sudo"
    missing=$(missing_programs | paste -sd' ')
    [ -z "$missing" ] || die "not installed: $missing; on Debian 12 or later, 'sudo $HERE/install.sh' gets them"
}

# require_go: stop with one sentence where the programs cannot be built.
require_go() {
    local found
    found=$(cd "$HERE" && go env GOVERSION 2>/dev/null || true)
    [ -n "$found" ] || die "Kubernetes is built from source and Go is not installed; get Go $GO_VERSION or newer from https://go.dev/dl and put it in PATH"
    printf '%s\n' "go$GO_VERSION" "${found%% *}" | sort -CV || die "Kubernetes is built from source by Go $GO_VERSION or newer, and $(command -v go) is $found; get it from https://go.dev/dl"
}
