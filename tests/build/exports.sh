#!/bin/sh
# The library shows the world psi_ names only, and asks for nothing that would end the process or print.
set -eu
case $PSI_BUILD_KIND in
Release | Debug) ;;
*) echo "a sanitizer adds names of its own"; exit 77 ;;
esac
library=$PSI_BUILD/libpsionic.so
foreign=$(nm -D --defined-only "$library" | awk '$3 !~ /^psi_/ { print $3 }')
[ -z "$foreign" ] || { echo "exported, but not by our prefix:" $foreign; exit 1; }
[ -n "$(nm -D --defined-only "$library")" ] || { echo "nothing is exported"; exit 1; }

ending='abort|exit|_exit|_Exit|quick_exit|__assert_fail|printf|__printf_chk|vprintf|puts|putchar|perror|stdout|stderr'
asked=$(nm -D --undefined-only "$library" | awk '{ print $2 }' | sed 's/@.*//' | grep -Ex "$ending" || true)
[ -z "$asked" ] || { echo "calls what a library must not:" $asked; exit 1; }
