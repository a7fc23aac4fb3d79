#!/usr/bin/env bash
# witnesses.sh PYTHON FOLDER LOG: strangers' programs that the sandbox's tests start. What this user may install is
# installed; a test whose program is missing says so, and on CI fails.
#
# Those of the system by apt-get. Dovecot's package starts a server on public ports where there is systemd: there it is
# left to whoever owns the machine. Those in Python into FOLDER, with locked, hashed versions, and kept.
set -uo pipefail
python=$1 folder=$2 log=$3
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$(dirname "$log")" && : >"$log"

missing=()
for program in curl msmtp openssl; do command -v "$program" >/dev/null || missing+=("$program"); done
command -v Xvfb >/dev/null || missing+=(xvfb) # a screen, for a browser that somebody sees
if ! command -v dovecot >/dev/null && [ ! -d /run/systemd/system ]; then missing+=(dovecot-core dovecot-imapd); fi
quietly() { # apt-get, and no server is started by what it installs
  local policy=/usr/sbin/policy-rc.d made=''
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=yes; }
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  [ -z "$made" ] || rm $policy
}
if [ ${#missing[@]} != 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "witnesses: ${missing[*]}, by apt-get; about half a minute (log: $log)"
  quietly "${missing[@]}" >>"$log" 2>&1
fi

stamp=$folder/.installed locks=$(cat requirements/witnesses.txt requirements/azure-cli.txt | cksum | tr ' ' -)
made=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-$PWD-$locks
[ "$(cat "$stamp" 2>/dev/null)" = "$made" ] && exit 0
echo "witnesses: Azure CLI and email-oauth2-proxy, into $folder; about a minute (log: $log)"
pip() { "$folder/bin/python" -m pip install --quiet --no-compile --no-deps --require-hashes "$@"; }
rm -rf "$folder"
if { "$python" -m venv "$folder" && pip -r requirements/witnesses.txt -r requirements/azure-cli.txt; } >>"$log" 2>&1; then
  echo "$made" >"$stamp"
else
  rm -rf "$folder"
  tail -n 5 "$log" >&2
  echo "witnesses: pip could not finish; the whole log is in $log" >&2
fi
exit 0
