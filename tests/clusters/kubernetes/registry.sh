#!/usr/bin/env bash
# Start an OCI registry (TLS, basic authentication) beside a running cluster and push the Python image:
# registry.sh RUN_DIR. What containerd and a client need is printed and kept in RUN_DIR/registry/registry.env.
set -euo pipefail
. "$(dirname "$0")/parts/settings.sh"

[ $# = 1 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
use_cluster "$1"
. "$HERE/parts/certificates.sh"

DIR="$RUN/registry"
mkdir -p "$DIR/data" "$DIR/hosts/$REGISTRY" "$DIR/certs.d"
certificate registry /CN=registry serverAuth "DNS:localhost,IP:127.0.0.1,IP:$NODE_IP"
[ -s "$DIR/htpasswd" ] || htpasswd -Bbn "$REGISTRY_USER" "$REGISTRY_PASSWORD" >"$DIR/htpasswd"
cp "$PKI/ca.crt" "$DIR/certs.d/ca.crt"
cat >"$DIR/hosts/$REGISTRY/hosts.toml" <<TOML
server = "https://$REGISTRY"
[host."https://$REGISTRY"]
  ca = "$DIR/certs.d/ca.crt"
TOML
cat >"$DIR/config.yml" <<YAML
version: 0.1
log: {level: warn, accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $DIR/data}, delete: {enabled: true}}
http:
  addr: $REGISTRY
  secret: $(openssl rand -hex 16)
  tls: {certificate: $PKI/registry.crt, key: $PKI/registry.key}
auth: {htpasswd: {realm: submarine, path: $DIR/htpasswd}}
YAML
start registry docker-registry serve "$DIR/config.yml"
answers() { curl -s -o /dev/null --cacert "$DIR/certs.d/ca.crt" -u "$REGISTRY_USER:$REGISTRY_PASSWORD" -f "https://$REGISTRY/v2/"; }
wait_for 20 "the registry" answers
alive registry

skopeo copy --quiet --insecure-policy --dest-cert-dir "$DIR/certs.d" --dest-creds "$REGISTRY_USER:$REGISTRY_PASSWORD" \
    "oci-archive:$PYTHON_ARCHIVE:1" "docker://$REGISTRY/submarine/python:1" || die "skopeo could not push the image"
cat >"$DIR/registry.env" <<ENV
REGISTRY=$REGISTRY
REGISTRY_USER=$REGISTRY_USER
REGISTRY_PASSWORD=$REGISTRY_PASSWORD
REGISTRY_CA=$DIR/certs.d/ca.crt
REGISTRY_IMAGE=$REGISTRY/submarine/python:1
ENV
say "registry: https://$REGISTRY as $REGISTRY_USER, holding submarine/python:1 ($DIR/registry.env)"
