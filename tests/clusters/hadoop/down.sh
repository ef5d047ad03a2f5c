#!/usr/bin/env bash
# End a cluster and give back what it used: down.sh RUN_DIR | --profile NAME. Only the logs stay, in RUN_DIR/logs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/parts/settings.sh"
. "$HERE/parts/processes.sh"

case ${1:-} in --profile) dir=$(default_run_dir "$2") ;; "" ) sed -n '2s/^# //p' "$0" >&2; exit 2 ;; *) dir=$1 ;; esac
[ -s "$dir/profile" ] || { say "$dir: no cluster there"; exit 0; }
use_cluster "$dir"
for name in rm1 rm2 nm1 nm2; do end $name KILL; done # a ResourceManager takes ten seconds to say goodbye
# Containers are left running by a NodeManager that ends, so that the next one finds them.
for proc in /proc/[0-9]*; do
    case "$(readlink "$proc/cwd" 2>/dev/null)" in
        "$RUN"/data/nm*/*) kill -KILL "${proc#/proc/}" 2>/dev/null || true ;;
    esac
done
for name in jhs ats dn zkfc1 zkfc2 nn1 nn2 zk kdc; do end $name KILL; done
find "$RUN" -mindepth 1 -maxdepth 1 ! -name logs -exec rm -rf --one-file-system {} +
say "Hadoop ($PROFILE) in $RUN is down; its logs are in $RUN/logs"
