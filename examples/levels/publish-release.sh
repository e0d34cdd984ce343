#!/bin/sh
# Build server: publishes a level of WebKit for each architecture, and moves it to the web server.
#
#   publish-release.sh BASE LEVEL ADVISORY     for instance: publish-release.sh 26.3.1 1 CVE-2026-20643=WebKit
#
# Expects builds/BASE/ARCH (the base) and builds/BASE-LEVEL/ARCH for each level so far; earlier levels give the devices that have
# them a smaller way. The key and its password come from the build server's secrets, as files.
set -eu

base=$1
level=$2
advisory=$3
site=${SITE:-site}
key=${KEY:?the secret key, a file}
password=${PASSWORD_FILE:?a file whose first line is its password}

for architecture in arm64 x86_64; do
  set --
  number=1
  while [ "$number" -le "$level" ]; do
    build="builds/$base-$number/$architecture"
    if [ -d "$build" ]; then set -- "$@" --level "$number=$build"; fi
    number=$((number + 1))
  done
  deltakit publish levels --repository "$site" --key "$key" --password-file "$password" \
    --product WebKit --platform linux --architecture "$architecture" \
    --base "$base=builds/$base/$architecture" "$@" \
    --severity critical --advisory "$advisory" --rollout 10
done

# What is pointed to first, the pointer last: a device that asks in between sees the old offer, whole.
rsync -a --exclude '.*' --exclude metadata/timestamp.json "$site/" "${SERVER:?host:path}/"
rsync -a "$site/metadata/timestamp.json" "$SERVER/metadata/"
deltakit publish status --repository "$site"
