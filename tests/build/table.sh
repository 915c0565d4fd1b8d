#!/bin/sh
# The table compiles as C++ (see table.cpp), and the check catches a row with an operator in it.
set -eu
compiler=$(command -v c++ || command -v g++ || command -v clang++ || true)
[ -n "$compiler" ] || { echo "no C++ compiler"; exit 77; }
"$compiler" -std=c++17 -Wall -Wextra -Werror -fsyntax-only -I "$PSI_SOURCE/src" "$PSI_SOURCE/tests/build/table.cpp"
if "$compiler" -std=c++17 -fsyntax-only -DWITH_A_BAD_ROW -I "$PSI_SOURCE/src" "$PSI_SOURCE/tests/build/table.cpp" \
    2>/dev/null; then
    echo "a row with an operator was not caught"
    exit 1
fi
