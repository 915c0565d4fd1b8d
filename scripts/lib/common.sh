# common.sh: what the scripts share. Sourced with bash; leaves the shell in the project's root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 2
jobs=$(nproc 2>/dev/null || echo 2)

die() { # die MESSAGE...: a problem of the machine or of the call, not of the product
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 2
}

# The instruction sets to check under sanitizers and valgrind, as PSIONIC_ISAS spells them, the widest last:
# what this CPU runs, short of AVX-512, which valgrind does not know.
checking_isas() {
    case $(uname -m) in
    x86_64) if grep -qw avx2 /proc/cpuinfo; then echo "v2;v3"; else echo v2; fi ;;
    *) echo generic ;;
    esac
}

# configure PRESET [CMAKE OPTION...]: with ccache where there is one.
configure() {
    local options=()
    if command -v ccache >/dev/null; then
        options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    fi
    cmake --preset "$@" "${options[@]}"
}
