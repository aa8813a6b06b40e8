#!/bin/sh
# Make dist/merzim-VERSION-offline-PYTHON-MACHINE.tar.gz, which installs where there is no network: the wheels of
# everything that runs, with their hashes, the list of what it is made of, the units and this folder's other files.
# It fits the Python and the machine it was made with. `make bundle` calls it.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
version=$("$python" -c 'from merzim.version import of_source; print(of_source())')
tag=$("$python" -c 'import platform, sys; print("py%d%d-%s" % (*sys.version_info[:2], platform.machine()))')
name=merzim-$version-offline-$tag
made=dist/$name
rm -rf "$made" "$made.tar.gz"
mkdir -p "$made/wheels"

"$python" -m pip wheel --quiet --disable-pip-version-check --require-hashes --requirement requirements/all.txt --wheel-dir "$made/wheels"
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$made/wheels" .
# What is built here from sources has another hash than its sources: the hashes are those of the files that lie here.
"$python" - "$made" >"$made/requirements.txt" <<'LIST'
import hashlib
import pathlib
import sys

for wheel in sorted(pathlib.Path(sys.argv[1], "wheels").glob("*.whl")):
    name, version = wheel.name.split("-")[:2]
    print(f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
LIST

cp docs/operations/install.sh docs/operations/merzim.sh docs/operations/*.service docs/operations/package.toml "$made/"
cp docs/operations.md CHANGELOG.md SECURITY.md LICENSE "$made/"
if [ -f sbom.json ]; then cp sbom.json "$made/"; fi
echo "$tag" >"$made/PYTHON"
(cd "$made" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
tar --create --gzip --owner=0 --group=0 --numeric-owner --directory dist --file "$made.tar.gz" "$name"
echo "$made.tar.gz"
