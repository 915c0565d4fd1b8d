# wheel.sh: a Python that has the real MLX. Sourced after common.sh.

# find_wheel PYTHON: sets `python` to PYTHON, or, where that is empty, to an environment in build/oracle-venv that the
# wheel is installed into.
find_wheel() {
    local wheel="mlx[cpu]==0.31.1" stamp=build/oracle-venv/installed.txt
    python=$1
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
