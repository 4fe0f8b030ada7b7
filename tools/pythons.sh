# Which Python a stack runs on, and where it is. Sourced.

version_of() { case $1 in teak) echo 3.11 ;; main-2026) echo 3.12 ;; *) return 1 ;; esac; }

# The first interpreter of the right version that really runs: a pyenv shim may be there without its version.
python_of() {
    local wanted candidate
    wanted=$(version_of "$1")
    for candidate in "python$wanted" python3 "$HOME"/.pyenv/versions/"$wanted".*/bin/python; do
        if [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$wanted" ]; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

install_debian() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        return 1
    fi
    echo "Installing Debian package(s): $* ..."
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
