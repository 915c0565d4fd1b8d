#!/bin/sh
# Shows which reference cases the CPU backend supports, and which it refuses and why. --help says more.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
exec "$root/scripts/harness" coverage "$@"
