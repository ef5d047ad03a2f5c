#!/usr/bin/env bash
# Install the Debian packages that the clusters stand on (needs root). Nothing is started.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/parts/settings.sh"

PACKAGES=(maven openjdk-17-jre-headless krb5-kdc krb5-admin-server krb5-user libkrb5-dev gcc)
missing() { dpkg-query -W -f '${db:Status-Abbrev}\n' "${PACKAGES[@]}" 2>&1 | grep -qv '^ii'; }

missing || exit 0
[ "$(id -u)" = 0 ] || die "installing ${PACKAGES[*]} needs root; run it by sudo"
command -v apt-get >/dev/null || die "this is not Debian; install by your own means what holds ${PACKAGES[*]}"
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -qq)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${PACKAGES[@]}" >/dev/null
