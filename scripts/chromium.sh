#!/usr/bin/env bash
# chromium.sh LOG: the distribution's Chromium and certutil, where this user may install them; else one line says so.
set -uo pipefail
log=$1
have() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have && command -v certutil >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "install: Chromium, by apt-get (log: $log)"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium libnss3-tools; } >"$log" 2>&1
fi
have || echo "install: no Chromium here and no right to install it; the demo uses the hand-off page instead"
exit 0
