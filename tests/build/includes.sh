#!/bin/sh
# The includes of the sources run in one direction, and the check that says so catches one that does not.
set -eu
check=$PSI_SOURCE/tools/check-includes

"$check" "$PSI_SOURCE"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/src/core" "$tree/src/eval" "$tree/include/psionic"
echo '#include "core/a.h"' >"$tree/src/eval/b.h"
echo '#include <stddef.h>' >"$tree/src/core/a.h"
"$check" "$tree"

refuses() { # refuses FILE LINE: the tree with that line added to that file must not pass
    cp "$tree/$1" "$tree/kept" 2>/dev/null || : >"$tree/kept"
    echo "$2" >>"$tree/$1"
    if "$check" "$tree"; then
        echo "not caught: $2 in $1"
        exit 1
    fi
    cp "$tree/kept" "$tree/$1"
}
refuses src/core/a.h '#include "eval/b.h"'
refuses src/core/a.h '  #  include <eval/b.h>'
refuses src/core/a.h '#include "../eval/b.h"'
refuses include/psionic/p.h '#include "core/a.h"'
"$check" "$tree"
