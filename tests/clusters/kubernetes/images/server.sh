#!/usr/bin/env bash
# Build an image of our server from a wheel of it: server.sh WHEEL OUT NAME.
# Its layers are the Python image, what the wheel depends on (kept in the cache), and the wheel.
set -euo pipefail
. "$(dirname "$0")/../parts/settings.sh"

wheel=$1 out=$2 name=$3
site=usr/local/lib/python3.11/dist-packages
[ -s "$PYTHON_ARCHIVE" ] || die "there is no $PYTHON_ARCHIVE; run '$HERE/build.sh images' first"
exec 9>"$IMAGES/server.lock"
flock 9
scratch=$(mktemp -d "$IMAGES/scratch.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT

pack() { tar -C "$1" --owner=0 --group=0 --mtime=@0 --sort=name -c . | gzip -3n >"$2"; }

needs=$(python3 -m zipfile -e "$wheel" "$scratch/wheel" && grep -h ^Requires-Dist "$scratch"/wheel/*.dist-info/METADATA | sha256sum | cut -c1-16)
dependencies="$IMAGES/server-$needs.tar.gz"
if [ ! -s "$dependencies" ]; then
    "$HERE/images/wheels.sh" "$scratch/layer/$site" "$wheel[kubernetes,postgres]"
    rm -rf "$scratch/layer/$site"/submarine* "$scratch/layer/$site/bin"
    find "$scratch/layer" -type d -name tests ! -path '*/numpy/*' -prune -exec rm -rf {} +
    pack "$scratch/layer" "$scratch/dependencies.tar.gz"
    mv "$scratch/dependencies.tar.gz" "$dependencies"
fi
mkdir -p "$scratch/own/$site" "$scratch/own/usr/local/bin"
mv "$scratch"/wheel/* "$scratch/own/$site/"
cat >"$scratch/own/usr/local/bin/submarine" <<'PYTHON'
#!/usr/bin/python3
import sys
from submarine.entrypoints.cli.__main__ import main
sys.exit(main())
PYTHON
chmod 755 "$scratch/own/usr/local/bin/submarine"
pack "$scratch/own" "$scratch/own.tar.gz"
python3 "$HERE/images/oci_archive.py" "$out" "$name" "$dependencies" "$scratch/own.tar.gz" --base "$PYTHON_ARCHIVE" \
    --env PYTHONUNBUFFERED=1 --env LANG=C.UTF-8 --user 1000:1000 --entrypoint submarine --cmd server --cmd start
