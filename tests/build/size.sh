#!/bin/sh
# The stripped library stays within half of the size of the one it is measured against.
set -eu
limit=10200000
case $PSI_BUILD_KIND in
Release) ;;
*) echo "only a Release build without sanitizers is measured"; exit 77 ;;
esac
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
strip -o "$copy" "$PSI_BUILD/libpsionic.so"
size=$(stat -c %s "$copy")
echo "libpsionic.so: $size bytes stripped, limit $limit"
[ "$size" -le "$limit" ]
