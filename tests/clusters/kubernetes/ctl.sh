#!/usr/bin/env bash
# Play with a cluster's programs: ctl.sh RUN_DIR list | kill NAME | stop NAME | start NAME | freeze NAME | thaw NAME
#   kill is SIGKILL, stop is SIGTERM, start uses the command it was last started with,
#   freeze and thaw are SIGSTOP and SIGCONT (a server that is there and does not answer).
set -euo pipefail
. "$(dirname "$0")/parts/settings.sh"

usage() { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
use_cluster "$1"
action=$2 name=${3:-}
[ "$action" = list ] || [ -s "$RUN/pids/$name.cmd" ] \
    || die "there is no program '$name' in $RUN: $(cd "$RUN/pids" && ls -- *.cmd | sed 's/\.cmd$//' | paste -sd' ')"

# tell SIGNAL: to a program that runs, and return when it took effect.
tell() {
    local pid state
    running "$name" || die "$name is not running"
    pid=$(pid_of "$name")
    kill "-$1" "$pid"
    case $1 in
        KILL | TERM) state=ended ;;
        STOP) state=T ;;
        CONT) state="[RSD]" ;;
    esac
    if [ "$state" = ended ]; then
        wait_for 30 "the end of $name" ended
    else
        wait_for 10 "$1 of $name" grep -qE "^State:\s$state" "/proc/$pid/status"
    fi
}
ended() { ! running "$name"; }

list() {
    local file pid
    for file in "$RUN"/pids/*.cmd; do
        name=$(basename "$file" .cmd)
        if running "$name"; then
            pid=$(pid_of "$name")
            printf '%-26s %-8s %6d MiB  %s CPU\n' "$name" "$pid" "$(awk '/VmRSS/ {print int($2/1024)}' "/proc/$pid/status")" "$(ps -o cputime= -p "$pid")"
        else
            printf '%-26s ended\n' "$name"
        fi
    done
}

case $action in
    list) list ;;
    kill) tell KILL ;;
    stop) tell TERM ;;
    freeze) tell STOP ;;
    thaw) tell CONT ;;
    start) again "$name" ;;
    *) usage ;;
esac
