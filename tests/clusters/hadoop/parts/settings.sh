# Where the jars, the run folder and the pid files are; sourced by every script of this folder.
# shellcheck shell=bash

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE=${SUBMARINE_CACHE:-$HOME/.cache/submarine-clusters}
HADOOP_VERSION=$(sed -n 's:.*<hadoop.version>\(.*\)</hadoop.version>.*:\1:p' "$HERE/pom.xml")
HADOOP_DIST="$CACHE/hadoop-$HADOOP_VERSION-$(sha256sum "$HERE/pom.xml" | cut -c1-8)"
LIB="$HADOOP_DIST/lib"
PATH="$PATH:/usr/sbin" # where Debian has the KDC

# default_run_dir PROFILE: each has a folder of its own, so that all can run at once.
default_run_dir() { echo "${SUBMARINE_HADOOP:-/tmp/submarine-hadoop}-$1"; }

die() { echo "error: $*" >&2; exit 1; }
say() { echo "$*"; }

# use_cluster RUN_DIR: the folder of a cluster, which is there.
use_cluster() {
    [ -s "$1/profile" ] || die "$1: no cluster there"
    RUN="$(cd "$1" && pwd)"
    PROFILE=$(cat "$RUN/profile")
}

# port NAME: of the cluster in use.
port() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$RUN/ports.json" "$1"; }

# require_java: stop with one sentence where Hadoop cannot run.
require_java() {
    command -v java >/dev/null || die "Hadoop needs Java 17 and there is none; on Debian, install openjdk-17-jdk-headless"
    command -v curl >/dev/null || die "curl is not installed; on Debian, install curl"
    JAVA_HOME=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}
    export JAVA_HOME
}

# require_kerberos: the same for the profile secure.
require_kerberos() {
    local tool
    for tool in krb5kdc kadmin.local kinit; do
        command -v $tool >/dev/null || die "$tool is not installed; on Debian, install krb5-kdc krb5-admin-server krb5-user"
    done
    [ -x "$JAVA_HOME/bin/javac" ] || die "the profile secure needs a Java compiler; on Debian, install openjdk-17-jdk-headless"
}

# Hadoop 3.4 looks into the JDK by reflection; Java 17 forbids that without these.
OPENS=""
for package in java.lang java.lang.reflect java.io java.math java.net java.nio java.text java.util \
    java.util.concurrent java.util.zip java.security sun.nio.ch; do
    OPENS="$OPENS --add-opens=java.base/$package=ALL-UNNAMED"
done
OPENS="$OPENS --add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED"
OPENS="$OPENS --add-exports=java.base/sun.net.dns=ALL-UNNAMED --add-exports=java.base/sun.net.util=ALL-UNNAMED"
export OPENS HADOOP_VERSION
