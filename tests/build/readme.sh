#!/usr/bin/env bash
# The README's example is examples/hello.c, and what it says that prints is what it prints.
set -euo pipefail
[ "$PSI_BUILD_KIND" = Release ] || exit 77
block() { awk -v want="$1" '/^```/ { if (inside) { inside = 0; next } n++; inside = 1; next } inside && n == want' "$PSI_SOURCE/README.md"; }
diff <(block 2) "$PSI_SOURCE/examples/hello.c"
diff <(block 3) <("$PSI_BUILD/examples/hello")
