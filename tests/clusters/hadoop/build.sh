#!/usr/bin/env bash
# Bring Hadoop's jars from Maven into the cache, once; a second run returns at once.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/parts/settings.sh"

[ ! -f "$HADOOP_DIST/complete" ] || exit 0
command -v mvn >/dev/null || die "Hadoop's jars are fetched by Maven and there is no mvn; on Debian, install maven"
mkdir -p "$CACHE"
work=$(mktemp -d "$CACHE/.hadoop.XXXXXX")
trap 'rm -rf "$work"' EXIT
mvn -B -q -f "$HERE/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/lib" >&2 \
    || die "Maven could not fetch Hadoop's jars; see above"
ls "$work"/lib/hadoop-yarn-services-core-*.jar >/dev/null || die "Maven left Hadoop's jars incomplete"
touch "$work/complete"
rm -rf "$HADOOP_DIST"
mv "$work" "$HADOOP_DIST"
