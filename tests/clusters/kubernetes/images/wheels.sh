#!/usr/bin/env bash
# Unpack wheels, and what they depend on, for the Python of the images: wheels.sh FOLDER REQUIREMENT...
set -euo pipefail
. "$(dirname "$0")/../parts/settings.sh"

folder=$1
shift
platforms=(--platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64)
told=$(mktemp)
trap 'rm -f "$told"' EXIT
# What pip says of other packages of the machine does not concern the image.
python3 -m pip install --quiet --no-compile --root-user-action=ignore --disable-pip-version-check --target "$folder" \
    --python-version 3.11 --implementation cp --abi cp311 "${platforms[@]}" --only-binary=:all: "$@" 2>"$told" \
    || { tail -n 20 "$told" >&2; die "pip could not install $*"; }
