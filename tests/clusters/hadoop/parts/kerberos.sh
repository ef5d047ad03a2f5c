# A private Kerberos realm: Debian's KDC with all its files below RUN; nothing in /etc is read or written.
# shellcheck shell=bash

REALM=SUBMARINE.TEST

write_realm() {
    local kdc; kdc="127.0.0.1:$(port kdc)"
    cat >"$RUN/krb5.conf" <<CONF
[libdefaults]
    default_realm = $REALM
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
    ticket_lifetime = 24h
    forwardable = true
    default_ccache_name = FILE:$RUN/krb5.cache
[realms]
    $REALM = {
        kdc = $kdc
    }
[domain_realm]
    localhost = $REALM
CONF
    cat >"$RUN/kdc.conf" <<CONF
[kdcdefaults]
    kdc_listen = $kdc
    kdc_tcp_listen = $kdc
[realms]
    $REALM = {
        database_name = $RUN/kdc/principal
        key_stash_file = $RUN/kdc/stash
        acl_file = $RUN/kdc/acl
        max_life = 24h
    }
[logging]
    kdc = FILE:$RUN/logs/kdc.log
    admin_server = FILE:$RUN/logs/kadmin.log
CONF
}

# Principals: root/localhost and HTTP/localhost of the daemons, and the users, each with a keytab.
# The tickets of `brief` live for ten seconds: they show what a week does.
make_realm() {
    mkdir -p "$RUN/kdc" "$RUN/keytabs"
    kdb5_util create -s -r $REALM -P submarine >"$RUN/logs/kdb5.log" 2>&1 || die "kdb5_util: $(cat "$RUN/logs/kdb5.log")"
    {
        for name in root/localhost HTTP/localhost; do
            echo "addprinc -randkey $name"
            echo "ktadd -k $RUN/keytabs/daemons.keytab $name"
        done
        for name in root alice bob submarine brief; do
            echo "addprinc -pw $name $name"
            echo "ktadd -norandkey -k $RUN/keytabs/$name.keytab $name"
        done
        echo 'modprinc -maxlife "10 seconds" brief'
    } | kadmin.local -r $REALM >"$RUN/logs/kadmin.local.log" 2>&1
    [ -s "$RUN/keytabs/brief.keytab" ] || die "keytabs were not written: $(tail -n 3 "$RUN/logs/kadmin.local.log")"
}

start_kdc() {
    export KRB5_CONFIG="$RUN/krb5.conf" KRB5_KDC_PROFILE="$RUN/kdc.conf"
    write_realm
    [ -s "$RUN/keytabs/brief.keytab" ] || make_realm
    if ! running kdc; then
        setsid nohup krb5kdc -n -r $REALM >>"$RUN/logs/kdc.out" 2>&1 </dev/null &
        echo $! >"$RUN/pids/kdc.pid"
    fi
    for _ in $(seq 100); do
        kinit -k -t "$RUN/keytabs/root.keytab" root 2>"$RUN/logs/kinit.log" && return
        sleep 0.2
    done
    die "the KDC does not answer: $(cat "$RUN/logs/kinit.log")"
}

# Without libhadoop.so, which no registry of packages has, a secure NodeManager dies when it reads a log.
build_shim() {
    SHIM="$RUN/shim"
    [ -f "$SHIM/org/apache/hadoop/io/SecureIOUtils.class" ] && return
    mkdir -p "$SHIM"
    "$JAVA_HOME/bin/javac" -nowarn -cp "$LIB/*" -d "$SHIM" "$HERE/shim/org/apache/hadoop/io/SecureIOUtils.java" \
        >"$RUN/logs/javac.log" 2>&1 || die "javac failed: $(tail -n 3 "$RUN/logs/javac.log")"
}
