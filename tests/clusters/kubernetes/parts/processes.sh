# Programs that run in the background, known by name, with $RUN/pids/NAME and $RUN/logs/NAME.log; source it.
# shellcheck shell=bash

say()  { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
die()  { printf 'error: %s\n' "$*" >&2; exit 1; }

# wait_for SECONDS WHAT COMMAND...: run COMMAND until it succeeds, or fail loudly.
wait_for() {
    local limit=$1 what=$2 deadline
    shift 2
    deadline=$(( $(date +%s) + limit ))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || die "$what: not there after $limit s ($*)"
        sleep 0.2
    done
}

# birth PID: when the kernel started it, so that a stale file never leads to the death of a stranger.
birth() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" {print $20}'; }

# start NAME COMMAND...: unless it runs; NAME.cmd keeps the command for the next time.
start() {
    local name=$1 pid
    shift
    running "$name" && return 0
    mkdir -p "$RUN/pids" "$RUN/logs"
    printf '%q ' "$@" >"$RUN/pids/$name.cmd"
    setsid "$@" >>"$RUN/logs/$name.log" 2>&1 </dev/null &
    pid=$!
    printf '%s %s\n' "$pid" "$(birth "$pid")" >"$RUN/pids/$name"
}

# again NAME: start it as it was started last, unless it runs.
again() { running "$1" || eval "start $(printf '%q' "$1") $(cat "$RUN/pids/$1.cmd")"; }

running() {
    local pid born
    [ -s "$RUN/pids/$1" ] || return 1
    read -r pid born <"$RUN/pids/$1"
    [ -n "$born" ] && [ "$(birth "$pid")" = "$born" ]
}

pid_of() { cut -d' ' -f1 "$RUN/pids/$1"; }

# alive NAME: fail with the end of its log if a program that must stay has ended.
alive() {
    running "$1" && return 0
    tail -n 20 "$RUN/logs/$1.log" >&2 || true
    die "$1 ended; its log is $RUN/logs/$1.log"
}

# stop NAME [SECONDS]: TERM, then KILL after SECONDS (default 10). A frozen program is thawed first.
stop() {
    local name=$1 limit=${2:-10} pid i
    if running "$name"; then
        pid=$(pid_of "$name")
        kill -TERM "$pid" 2>/dev/null || true
        kill -CONT "$pid" 2>/dev/null || true
        for (( i = 0; i < limit * 10; i++ )); do
            running "$name" || break
            sleep 0.1
        done
        running "$name" && { say "$name did not end in $limit s, killing it"; kill -KILL "$pid" 2>/dev/null || true; }
    fi
    rm -f "$RUN/pids/$name" "$RUN/pids/$name.cmd"
}
