#!/usr/bin/env bash
# Build the images that every node has as OCI archives into the cache: pause.tar and python-VERSION.tar.
set -euo pipefail
. "$(dirname "$0")/../parts/settings.sh"

mkdir -p "$IMAGES"
exec 9>"$IMAGES/.lock"
flock 9
scratch=$(mktemp -d "$IMAGES/scratch.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT

# The image that holds a pod's namespaces: one static program.
if [ ! -s "$IMAGES/pause.tar" ]; then
    tar -C "$BIN/pause-1" --owner=0 --group=0 --mtime=@0 -cf "$scratch/pause.tar" pause
    python3 "$HERE/images/oci_archive.py" "$IMAGES/pause.tar" "$PAUSE_IMAGE" "$scratch/pause.tar" --entrypoint /pause
fi

[ ! -s "$PYTHON_ARCHIVE" ] || exit 0
command -v mmdebstrap >/dev/null || die "mmdebstrap is not installed; 'sudo $HERE/install.sh' gets it"
began=$(date +%s)
say "image python $PYTHON_IMAGE_VERSION: Debian packages and wheels"
root="$scratch/root"
# Unpacked, not installed: no package's scripts run, so what they would write follows below.
mmdebstrap --quiet 2>"$scratch/mmdebstrap.log" --mode=root --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include=base-files,bash,coreutils,dash,findutils,grep,hostname,libc-bin,libstdc++6,procps,python3,python3-distutils,sed,tar,usr-is-merged \
    bookworm "$root" || { tail -n 5 "$scratch/mmdebstrap.log" >&2; die "mmdebstrap failed"; }
printf 'root:x:0:0:root:/root:/bin/bash\nsubmarine:x:1000:1000::/workspace:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nsubmarine:x:1000:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$root/etc/nsswitch.conf"
ln -sf dash "$root/bin/sh"
ln -sf python3 "$root/usr/bin/python"
ldconfig -r "$root"
rm -rf "$root"/usr/share/{man,doc,locale,info,lintian,bug,zoneinfo,perl*} "$root"/usr/lib/x86_64-linux-gnu/perl* \
    "$root"/var/lib/{apt,dpkg} "$root/var/cache" "$root"/var/log/*
"$HERE/images/wheels.sh" "$root/usr/local/lib/python3.11/dist-packages" numpy==2.2.6 scipy==1.15.3 scikit-learn==1.6.1
# numpy 2.2 imports its own tests; scipy and scikit-learn do without theirs.
find "$root"/usr/local/lib/python3.11/dist-packages/{scipy,sklearn} -type d -name tests -prune -exec rm -rf {} +
chroot "$root" /usr/bin/python3 -c 'import numpy, scipy.optimize, sklearn.linear_model' || die "the image's Python cannot import scikit-learn"
find "$root" -name __pycache__ -type d -prune -exec rm -rf {} +
install -d -o 1000 -g 1000 "$root/workspace"
install -d -m 1777 "$root/tmp"
tar -C "$root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -c . | gzip -6n >"$scratch/python.tar.gz"
python3 "$HERE/images/oci_archive.py" "$PYTHON_ARCHIVE" "$PYTHON_IMAGE" "$scratch/python.tar.gz" \
    --env PYTHONUNBUFFERED=1 --env LANG=C.UTF-8 --workdir /workspace --cmd python3
say "image python $PYTHON_IMAGE_VERSION: built in $(( $(date +%s) - began )) s, $(du -h "$PYTHON_ARCHIVE" | cut -f1)"
