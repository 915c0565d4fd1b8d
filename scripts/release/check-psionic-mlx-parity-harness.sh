#!/bin/sh
# Runs the parity harness: builds what is missing, runs the cases, shows and writes the report. --help says more.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
exec "$root/scripts/harness" parity "$@"
