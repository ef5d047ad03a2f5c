#!/usr/bin/env bash
# Install the Debian packages that the cluster stands on (needs root). Nothing is started.
set -euo pipefail
. "$(dirname "$0")/parts/settings.sh"
. "$HERE/parts/requirements.sh"

[ -n "$(missing_programs)" ] || { say "Debian packages: all there"; exit 0; }
[ "$(id -u)" = 0 ] || die "installing $(missing_programs | paste -sd' ') needs root; run it by sudo"
command -v apt-get >/dev/null || die "this is not Debian; install by your own means what holds $(missing_programs | paste -sd' ')"
say "Debian packages: installing ${PACKAGES[*]}"
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -qq)
"${apt[@]}" update
# Once more, because a busy mirror may lose an archive of many.
"${apt[@]}" install -y --no-install-recommends "${PACKAGES[@]}" >/dev/null \
    || "${apt[@]}" install -y --no-install-recommends "${PACKAGES[@]}" >/dev/null
[ -z "$(missing_programs)" ] || die "still not there: $(missing_programs | paste -sd' ')"
say "Debian packages: installed"
