#!/bin/sh
# libmlxc exports mlx-c's functions and no other; at most a quarter of them are written by hand; its headers serve C and
# C++, and redeclare mlx-c's own, where MLXC_HEADERS names a checkout of mlx-c 0.6.0.
set -eu
case $PSI_BUILD_KIND in
Release | Debug) ;;
*) echo "a sanitizer adds names of its own"; exit 77 ;;
esac
room=$PSI_SOURCE/bindings/mlxc
generated=$PSI_BUILD/generated-mlxc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $(uname -m) in
aarch64) halves='mlx_array_data_bfloat16 mlx_array_data_float16 mlx_array_item_bfloat16 mlx_array_item_float16' ;;
*) halves= ;;
esac
(cat "$room/symbols.txt"; for name in $halves; do echo "$name"; done) | LC_ALL=C sort >"$work/wanted"
nm -D --defined-only "$PSI_BUILD/libmlxc.so" | awk '{ sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort >"$work/there"
diff "$work/wanted" "$work/there" || { echo "libmlxc.so does not export what it should (<) or more (>)"; exit 1; }

# Functions whose bodies are written out: not those of the table, of a template (.inc) or of a macro.
all=$(wc -l <"$room/symbols.txt")
cat "$room"/src/*.c | grep -cE '^(const )?[a-z_0-9]+ \*?_?mlx_[a-z0-9_]+\(' >"$work/count"
hand=$(cat "$work/count")
echo "$hand of $all functions are written by hand"
[ $((4 * hand)) -le "$all" ]

# The table says what is not built; nothing may be in neither state.
refused=$(grep -c 'refused$' "$generated/wrappers.tsv" || true)
echo "$refused of $all refuse as not built yet"

flags="-I$room/include -I$generated"
echo '#include <mlx/c/mlx.h>' >"$work/use.c"
${CC:-cc} -std=c17 -Wall -Wextra -Werror $flags -c "$work/use.c" -o "$work/use.o"
if command -v c++ >"$work/log"; then
    cp "$work/use.c" "$work/use.cpp"
    c++ -std=c++17 -Wall -Wextra -Werror $flags -c "$work/use.cpp" -o "$work/use.o"
fi
# Each header alone.
for header in "$room"/include/mlx/c/*.h "$generated"/mlx/c/*.h; do
    echo "#include <mlx/c/$(basename "$header")>" >"$work/alone.c"
    ${CC:-cc} -std=c17 -Wall -Wextra -Werror $flags -c "$work/alone.c" -o "$work/alone.o"
done

theirs=${MLXC_HEADERS:-}
[ -n "$theirs" ] || exit 0
{
    echo '#include "mlx/c/mlx.h"'
    for header in "$room"/include/mlx/c/*.h "$generated"/mlx/c/*.h; do
        [ "$(basename "$header")" = mlx.h ] || echo "#include \"$header\""
    done
    echo "int main(void) { return 0; }"
} >"$work/both.c"
${CC:-cc} -std=c17 -Wall -Wno-unused-variable -Wredundant-decls -I"$theirs" -c "$work/both.c" -o "$work/both.o" 2>"$work/log" ||
    { cat "$work/log"; exit 1; }
# Every function of ours was redeclared, so that the compiler has compared all of them.
declared=$(grep -oE "redundant redeclaration of .*mlx_[a-z0-9_]+" "$work/log" | grep -oE '_?mlx_[a-z0-9_]+$' | sort -u | wc -l)
echo "$declared functions were compared with mlx-c's own declarations"
[ "$declared" -eq "$all" ]
