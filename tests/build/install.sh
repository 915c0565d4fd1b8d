#!/bin/sh
# An installed tree serves a C program found by pkg-config and by find_package, and its command runs.
set -eu
case $PSI_BUILD_KIND in
Release | Debug) ;;
*) echo "a sanitized library is not for other programs"; exit 77 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$PSI_BUILD" --prefix "$prefix" >"$work/log" || { cat "$work/log"; exit 1; }
for file in lib/libpsionic.so lib/libpsionic.so.0 include/psionic.h include/psionic/ops.h include/psionic/version.h \
    lib/libmlxc.so include/mlx/c/mlx.h include/mlx/c/array.h include/mlx/c/ops.h; do
    [ -e "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
[ "$(readelf -d "$prefix/lib/libpsionic.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" = libpsionic.so.0 ]

cat >"$work/use.c" <<'END'
#include <psionic.h>
#include <stdio.h>

int main(void)
{
    psi_scope scope;
    psi_scope_open(&scope);
    puts(psi_code_name((psi_code)0) ? "psionic " PSI_VERSION : "");
    psi_scope_close(&scope);
    return 0;
}
END
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
${CC:-cc} -std=c17 -Wall -Wextra -Werror "$work/use.c" -o "$work/by-pkg-config" $(pkg-config --cflags --libs psionic)
LD_LIBRARY_PATH=$prefix/lib "$work/by-pkg-config"

${CC:-cc} -std=c17 -Wall -Wextra -Werror -I"$prefix/include" "$PSI_SOURCE/bindings/mlxc/examples/tour.c" \
    -o "$work/tour" -L"$prefix/lib" -lmlxc -Wl,-rpath,"$prefix/lib"
"$work/tour" | grep -qx 'missing key: 2, told 0'

cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(use C)
find_package(Psionic 0.1 REQUIRED)
add_executable(use use.c)
target_link_libraries(use psionic::psionic)
END
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/build" >"$work/log" || { cat "$work/log"; exit 1; }
"$work/build/use"

if [ -e "$PSI_BUILD/psionic" ]; then
    "$prefix/bin/psionic" --help >"$work/log" || { cat "$work/log"; exit 1; }
fi
