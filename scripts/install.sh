#!/usr/bin/env bash
# install.sh runtime|dev VENV LOG: a virtual environment with locked, hashed versions. No index is named here.
set -euo pipefail
what=$1 venv=$2 log=$3
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { echo "install: $python is missing; install Python 3.11, 3.12 or 3.13" >&2; exit 1; }
"$python" - <<'PY' || exit 1
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"install: Python {sys.version.split()[0]} is not supported; set PYTHON to a 3.11, 3.12 or 3.13")
PY
if [ ! -x "$venv/bin/pip" ]; then
  "$python" -m venv "$venv" >"$log" 2>&1 || {
    echo "install: cannot make a virtual environment; on Debian: apt-get install python3-venv (log: $log)" >&2; exit 1; }
fi
echo "install: $what, into $venv (about a minute; log: $log)"
{ "$venv/bin/pip" install --quiet --require-hashes -r "requirements/$what.txt" &&
  "$venv/bin/pip" install --quiet --require-hashes -r requirements/build.txt &&
  "$venv/bin/pip" install --quiet --no-deps --no-build-isolation --editable .; } >>"$log" 2>&1 ||
  { tail -n 5 "$log" >&2; echo "install: failed; the whole log is in $log" >&2; exit 1; }
