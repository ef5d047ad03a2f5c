#!/usr/bin/env bash
# Play with a cluster's daemons: ctl.sh RUN_DIR list | kill NAME | stop NAME | start | freeze NAME | thaw NAME
#   kill is SIGKILL, stop is SIGTERM, start starts all that do not run,
#   freeze and thaw are SIGSTOP and SIGCONT (a server that is there and does not answer).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/parts/settings.sh"
. "$HERE/parts/processes.sh"

usage() { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
use_cluster "$1"
action=$2 name=${3:-}

must_run() {
    running "$name" || die "$name does not run in $RUN; what does: $("$0" "$RUN" list | awk '{print $1}' | paste -sd' ')"
}

case $action in
    list)
        for file in "$RUN"/pids/*.pid; do
            name=$(basename "$file" .pid)
            running "$name" && printf '%-6s %-8s %5d MiB\n' "$name" "$(cat "$file")" \
                "$(awk '/VmRSS/ {print int($2/1024)}' "/proc/$(cat "$file")/status")"
        done
        true
        ;;
    kill) must_run; end "$name" KILL ;;
    stop) must_run; end "$name" TERM ;;
    freeze) must_run; kill -STOP "$(cat "$RUN/pids/$name.pid")" ;;
    thaw) must_run; kill -CONT "$(cat "$RUN/pids/$name.pid")" ;;
    start) exec "$HERE/up.sh" "$RUN" ;;
    *) usage ;;
esac
