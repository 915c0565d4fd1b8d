# wheel.sh: a Python that has the real MLX. Sourced after common.sh.

# find_wheel ARGUMENT...: sets `options` to the arguments but for --python PATH, and `python` to that path, or, where it is
# not given, to an environment in build/oracle-venv that the wheel is installed into.
find_wheel() {
    local wheel="mlx[cpu]==0.31.1" stamp=build/oracle-venv/installed.txt
    python=
    options=()
    while [ $# -gt 0 ]; do
        case $1 in
        --python)
            [ $# -gt 1 ] || die "--python wants a path"
            python=$2
            shift
            ;;
        *) options+=("$1") ;;
        esac
        shift
    done
    if [ -n "$python" ]; then
        return
    fi
    python=build/oracle-venv/bin/python
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wheel" ]; then
        return
    fi
    echo "$(basename "$0"): installing $wheel into build/oracle-venv"
    mkdir -p build
    if ! { python3 -m venv --clear build/oracle-venv &&
        build/oracle-venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheel" numpy; } \
        >build/oracle-venv.log 2>&1 </dev/null; then
        tail -5 build/oracle-venv.log >&2
        echo "FAILED: $wheel could not be installed, so nothing was compared (the whole log is build/oracle-venv.log)"
        exit 1
    fi
    echo "$wheel" >"$stamp"
}
