#!/usr/bin/env bash
# install.sh runtime|dev VENV LOG: a virtual environment with locked, hashed versions. No index is named here.
#
# VENV/.installed, written last, says from what it was made: what works and was made from these locks, in this folder,
# is kept; what was interrupted, broken, moved or copied is made anew.
set -euo pipefail
what=$1 venv=$2 log=$3
fail() { echo "install: $*" >&2; exit 1; }
supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }
version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

stamp=$venv/.installed locks=$(cat requirements/{runtime,dev,build}.txt pyproject.toml | cksum | tr ' ' -)
read -r kind made_from folder < <(cat "$stamp" 2>/dev/null || echo interrupted) || true
whole() {
  [ "$kind" != interrupted ] && [ "${folder:-$PWD}" = "$PWD" ] && supported "$venv/bin/python" &&
    "$venv/bin/python" -m pip --version && "$venv/bin/provision" --version
} >/dev/null 2>&1

# The Python that is asked for; else the one that is in use; else the first that will do.
python='' asked=${PYTHON:-python3}
if whole && { [ -z "${PYTHON:-}" ] || [ "$(version "$PYTHON" 2>/dev/null)" = "$(version "$venv/bin/python")" ]; }; then
  if [ "$made_from" = "$locks" ] && { [ "$kind" = "$what" ] || [ "$kind" = dev ]; }; then
    echo "install: $venv is up to date"
    exit 0
  fi
  python=$venv/bin/python
else
  for one in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if supported "$one"; then python=$one && break; fi
  done
  command -v "$asked" >/dev/null || found="$asked is missing"
  [ -n "$python" ] ||
    fail "Python 3.11, 3.12 or 3.13 is needed; ${found:-$asked is $("$asked" --version 2>&1)} (name another: make PYTHON=python3.11)"
fi

mkdir -p "$(dirname "$log")"
if [ "$python" != "$venv/bin/python" ]; then
  rm -rf "$venv"
  "$python" -m venv "$venv" >"$log" 2>&1 || {
    rm -rf "$venv"
    fail "no virtual environment can be made; on Debian: apt-get install python3-venv (log: $log)"
  }
fi
echo "install: $what, into $venv with Python $(version "$python"); about a minute (log: $log)"
echo interrupted >"$stamp"
pip() { "$venv/bin/python" -m pip install --quiet "$@"; }
{ pip --require-hashes -r "requirements/$what.txt" && pip --require-hashes -r requirements/build.txt &&
  pip --no-deps --no-build-isolation --editable .; } >>"$log" 2>&1 ||
  { tail -n 5 "$log" >&2; fail "pip could not finish; the whole log is in $log"; }
echo "$what $locks $PWD" >"$stamp"
