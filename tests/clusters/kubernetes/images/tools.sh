#!/usr/bin/env bash
# Build an image with git, pip, Open MPI and kubectl into the cache, once; say where it is. It makes code ready, is an
# MPIJob's image, and is what the training operator starts to bring kubectl into a launcher once all workers are there.
set -euo pipefail
. "$(dirname "$0")/../parts/settings.sh"

[ -x "$K8S/kubectl" ] || die "Kubernetes is not built; run '$HERE/build.sh' first"
out="$IMAGES/tools-1.tar"
exec 9>"$IMAGES/tools.lock"
flock 9
if [ ! -s "$out" ]; then
    scratch=$(mktemp -d "$IMAGES/scratch.XXXXXX")
    trap 'rm -rf --one-file-system "$scratch"' EXIT
    root="$scratch/root"
    mmdebstrap --quiet 2>"$scratch/mmdebstrap.log" --mode=root --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --include=base-files,bash,ca-certificates,coreutils,dash,git,grep,hostname,libc-bin,openmpi-bin,python3,python3-distutils,python3-pip,sed,usr-is-merged \
        bookworm "$root" || { tail -n 5 "$scratch/mmdebstrap.log" >&2; die "mmdebstrap failed"; }
    printf 'root:x:0:0:root:/root:/bin/bash\nsubmarine:x:1000:1000::/tmp:/bin/bash\n' >"$root/etc/passwd"
    printf 'root:x:0:\nsubmarine:x:1000:\n' >"$root/etc/group"
    printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$root/etc/nsswitch.conf"
    ln -sf dash "$root/bin/sh"
    ln -sf /usr/bin/mpirun.openmpi "$root/usr/bin/mpirun"
    ldconfig -r "$root"
    chroot "$root" /usr/bin/python3 -m pip --version >/dev/null || die "the image's Python has no pip"
    chroot "$root" /usr/bin/git --version >/dev/null || die "the image's git does not start"
    rm -rf "$root"/usr/share/{man,doc,locale,info,lintian,bug,zoneinfo,perl*} "$root"/var/lib/{apt,dpkg} "$root/var/cache"
    install -D "$K8S/kubectl" "$root/usr/local/bin/kubectl"
    cat >"$root/usr/local/bin/deliver" <<'SH'
#!/bin/sh
# As mpi-operator's kubectl-delivery: kubectl goes into TARGET_DIR, and the launcher waits for the workers.
set -eu
cp /usr/local/bin/kubectl "$TARGET_DIR/kubectl"
sed 's/ .*//' /etc/mpi/hostfile | while read -r pod; do
    kubectl -n "$NAMESPACE" wait --for=condition=Ready "pod/$pod" --timeout=120s
done
SH
    chmod 755 "$root/usr/local/bin/deliver"
    install -d -m 1777 "$root/tmp"
    tar -C "$root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -c . | gzip -3n >"$scratch/layer.tar.gz"
    python3 "$HERE/images/oci_archive.py" "$out" "$TOOLS_IMAGE" "$scratch/layer.tar.gz" --env LANG=C.UTF-8 --workdir /tmp --entrypoint deliver
fi
echo "$out"
