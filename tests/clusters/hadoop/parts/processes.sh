# The daemons of a cluster, by their pid files; sourced after settings.sh.
# shellcheck shell=bash

JAVA=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djava.net.preferIPv4Stack=true)

# running NAME: while the process of its pid file is still the one that we started.
running() {
    local file="$RUN/pids/$1.pid" said
    [ -s "$file" ] || return 1
    said=$(tr '\0' ' ' <"/proc/$(cat "$file")/cmdline" 2>/dev/null) || return 1
    case "$said" in *"-Dsubmarine.run=$RUN "* | krb5kdc*) return 0 ;; *) return 1 ;; esac
}

# daemon NAME CONF HEAP MAIN [ARG...]: start a Java program in the background unless it runs.
daemon() {
    local name=$1 conf=$2 heap=$3 client; shift 3
    running "$name" && return
    # What a NodeManager has in its environment, its containers inherit: they are clients.
    client="$RUN/conf/$conf"
    case $conf in nm*) client="$RUN/conf/client" ;; esac
    env -u CLASSPATH LC_ALL=C.UTF-8 LANG=C.UTF-8 HADOOP_CONF_DIR="$client" HADOOP_HOME="$HADOOP_DIST" \
        HADOOP_COMMON_HOME="$HADOOP_DIST" HADOOP_HDFS_HOME="$HADOOP_DIST" HADOOP_YARN_HOME="$HADOOP_DIST" \
        setsid nohup "$JAVA_HOME/bin/java" -Dsubmarine.run="$RUN" -Dsubmarine.daemon="$name" -Xmx"$heap" "${JAVA[@]}" \
        -Djava.io.tmpdir="$RUN/tmp" -Dhadoop.home.dir="$HADOOP_DIST" -Dhadoop.log.dir="$RUN/logs" \
        -Dyarn.log.dir="$RUN/logs" $OPENS $KERBEROS -cp "$(classpath "$conf")" "$@" >>"$RUN/logs/$name.log" 2>&1 </dev/null &
    echo $! >"$RUN/pids/$name.pid"
}

# once LOG CONF MAIN [ARG...]: run a Java program to its end.
once() {
    local log="$RUN/logs/$1.log" conf=$2; shift 2
    "$JAVA_HOME/bin/java" -Xmx192m "${JAVA[@]}" $OPENS $KERBEROS -cp "$(classpath "$conf")" "$@" >"$log" 2>&1 \
        || die "${1##*.} failed: $(tail -n 3 "$log")"
}

classpath() { echo "${SHIM:+$SHIM:}$RUN/conf/$1:$LIB/*"; }

# answers NAME URL: wait until it does, unless the daemon ends.
answers() {
    local deadline=$((SECONDS + 180))
    until curl -sk -o /dev/null --max-time 5 "$2"; do
        running "$1" || die "$1 ended while it started: $(tail -n 5 "$RUN/logs/$1.log")"
        [ $SECONDS -lt $deadline ] || die "$1 does not answer at $2"
        sleep 0.3
    done
}

# end NAME SIGNAL: send it, insist after ten seconds, and return when the process is gone.
end() {
    local pid
    if running "$1"; then
        pid=$(cat "$RUN/pids/$1.pid")
        kill "-$2" "$pid"
        kill -CONT "$pid" 2>/dev/null || true # a frozen one hears nothing else
        for _ in $(seq 100); do running "$1" || break; sleep 0.1; done
        running "$1" && kill -KILL "$pid"
        while running "$1"; do sleep 0.1; done
    fi
    rm -f "$RUN/pids/$1.pid"
}
