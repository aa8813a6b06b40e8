#!/bin/sh
# Install Merzim from this folder, without a network: sh install.sh [FOLDER] (/opt/merzim where none is named).
# Again over an older version: it is brought up to date. PYTHON names another interpreter than python3.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/merzim}
python=${PYTHON:-python3}
cd "$here"
sha256sum --quiet --check SHA256SUMS || {
    echo "install.sh: files of this folder are not as they were made; nothing was installed." >&2
    exit 1
}
wanted=$(cat PYTHON)
found=$("$python" -c 'import platform, sys; print("py%d%d-%s" % (*sys.version_info[:2], platform.machine()))')
if [ "$found" != "$wanted" ]; then
    echo "install.sh: this bundle was made for $wanted, here is $found; nothing was installed." >&2
    exit 1
fi
[ -x "$target/bin/python" ] || "$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --find-links wheels \
    --require-hashes --requirement requirements.txt
made=$(sed -n 's/^merzim==\([^ ]*\).*/\1/p' requirements.txt)
stands=$("$target/bin/merzim" --version)
if [ "$stands" != "merzim $made" ]; then
    echo "install.sh: merzim $made was to be installed, but $stands stands in $target." >&2
    exit 1
fi
echo "Merzim is installed: $target/bin/merzim, $made"
